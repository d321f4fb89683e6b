"""POST /orders and its idempotency key."""

import pytest
from order_runs import place, run

from shaketable.fault import Crash, CrashSender, Cut, Drop, Hold
from shaketable.schedule import Do, Inject, Wait

ONE_TRANSACTION = "order-saga/hardened"
LEASED = "order-consumer/hardened"
BOTH = pytest.mark.parametrize("name", [ONE_TRANSACTION, LEASED])


@BOTH
def test_the_same_key_and_payload_gets_the_stored_answer(name):
    ran = run(name, [place(1), Wait(100), place(1, op="place_again")])
    first, again = ran.history.ops()
    assert first.result == again.result == {"status": 201, "body": {"order": "o1", "status": "PENDING"}}
    assert len(ran.table("order", "orders")) == 1


@BOTH
def test_the_same_key_with_another_payload_is_refused(name):
    ran = run(name, [place(1), Wait(100), place(1, amount=7, op="place_other")])
    assert ran.answers("place_other") == [("fail", 422)]


@BOTH
def test_the_same_order_under_another_key_is_refused_and_its_key_stays_usable(name):
    ran = run(name, [place(1), Wait(100), place(1, key="k2", op="place_other"), Wait(100), place(2)])
    assert ran.answers("place_other") == [("fail", 409)]
    assert ran.answers("place") == [("ok", 201), ("ok", 201)]


def test_a_duplicate_in_progress_waits_where_record_and_effect_are_one_transaction():
    slow = Hold(at="order>postgres INSERT orders #1", leg="request", for_ms=1_000)
    ran = run(ONE_TRANSACTION, [Inject(slow), place(1), Wait(100), place(1, op="place_again")])
    assert ran.answers("place_again") == [("ok", 201)]
    assert len(ran.table("order", "orders")) == 1


def test_a_duplicate_in_progress_is_told_so_where_keys_are_leased():
    slow = Hold(at="order>postgres INSERT orders #1", leg="request", for_ms=200)
    ran = run(LEASED, [Inject(slow), place(1), Wait(100), place(1, op="place_again")])
    assert ran.answers("place_again") == [("fail", 409)]
    assert ran.answers("place") == [("ok", 201)]


@BOTH
@pytest.mark.parametrize("leg", ["request", "reply"])
@pytest.mark.parametrize("kind", [Drop, Cut, CrashSender])
@pytest.mark.parametrize("where", ["INSERT idempotency", "INSERT orders", "INSERT outbox"])
def test_a_key_is_usable_again_after_any_failure_of_the_first_request(name, where, kind, leg):
    broken = kind(at=f"order>postgres {where} #1", leg=leg)
    ran = run(name, [Inject(broken), place(1), Wait(9_000), place(1, op="place_again")])
    assert ran.answers("place_again") == [("ok", 201)]
    assert len(ran.appended("order-events")) >= 1


def test_a_slow_owner_whose_key_was_taken_over_completes_nothing():
    slow = Hold(at="order>postgres COMMIT idempotency #1", leg="reply", for_ms=3_000)
    ran = run(LEASED, [Inject(slow), place(1), Wait(1_500), place(1, op="place_again")])
    assert ran.answers("place_again") == [("ok", 201)]
    assert ran.answers("place") == [("fail", 409)]
    record = ran.rows["order", "idempotency", "k1"]
    assert record["status"] == "DONE"
    done = [
        e
        for e in ran.commits
        for _, t, r in e.value["writes"]
        if t == "idempotency" and r["status"] == "DONE"
    ]
    assert len(done) == 1


def test_a_lost_answer_of_the_commit_does_not_free_a_key_that_is_done():
    lost = Drop(at="order>postgres COMMIT idempotency,orders,outbox #1", leg="reply")
    ran = run(LEASED, [Inject(lost), place(1), Wait(9_000), place(1, op="place_again")])
    assert ran.answers("place_again") == [("ok", 201)]
    assert [w[0] for e in ran.commits for w in e.value["writes"] if w[1] == "orders"] == ["insert"]


@pytest.mark.parametrize(
    "value",
    [
        {"order": "o1", "item": "apple", "quantity": 0, "amount": 1, "key": "k"},
        {"order": "o1", "item": "apple", "quantity": 1, "amount": True, "key": "k"},
        {"order": "", "item": "apple", "quantity": 1, "amount": 1, "key": "k"},
        {"order": "o1", "item": "apple", "quantity": 1, "amount": 1, "key": ""},
    ],
)
def test_a_malformed_order_is_refused(value):
    assert run(ONE_TRANSACTION, [Do("place", value)]).answers("place") == [("fail", 400)]


def test_an_order_can_be_read():
    ran = run(
        ONE_TRANSACTION, [place(1), Wait(20_000), Do("read", {"order": "o1"}), Do("read", {"order": "no"})]
    )
    assert ran.answers("read") == [("ok", 200), ("fail", 404)]


def test_a_request_to_a_service_that_is_down_certainly_failed():
    ran = run(ONE_TRANSACTION, [Inject(Crash(service="order")), place(1)])
    assert ran.answers("place")[0][0] == "fail"
    assert ran.statuses() == {}


def test_a_request_whose_answer_is_lost_has_an_unknown_outcome():
    lost = Drop(at="client>order POST /orders #1", leg="reply")
    ran = run(ONE_TRANSACTION, [Inject(lost), place(1)])
    assert ran.answers("place")[0][0] == "info"
    assert ran.statuses() == {"o1": "CONFIRMED"}
