"""Every anomaly of idempotent work, seen red on a short history and green on the repaired one."""

import pytest
from order_checkers import ID, ID_1, ID_2, ID_3, ID_4, ID_5, ID_6
from order_history import PROFILE, OrderHistory, anomalies, is_certified, is_unknown

from shaketable.profile import Profile


def answer(order):
    return {"status": 201, "body": {"order": order}}


IN_PROGRESS = {"status": 409, "body": {"error": "in progress"}}


def record(status="DONE", owner="", expires_ms=0, key="k-o1", verb="insert"):
    row = {"key": key, "payload_hash": "h", "status": status, "response": "", "owner": owner}
    return (verb, "idempotency", row | {"expires_ms": expires_ms})


def kept(verb="insert", **columns):
    return ("order", "order", record(verb=verb, **columns))


def handled(run, event_id="e1"):
    return run.commit("notification", "notification", ("insert", "processed", {"event_id": event_id}))


def event(run=None):
    return (run or OrderHistory()).append("OrderConfirmed", "o1", "e1")


def delivered(run):
    return run.deliver("order-events", 0, "notification")


def test_an_empty_history_is_no_evidence_for_any_promise():
    assert all(is_unknown(OrderHistory(), checker) for checker in ID)


def test_a_repeated_request_gets_the_stored_answer():
    assert is_certified(OrderHistory().place("o1").place("o1"), ID_1)
    assert is_unknown(OrderHistory().place("o1"), ID_1)


def test_a_repeated_request_with_another_answer_is_wrong():
    run = OrderHistory().place("o1").place("o1", result=answer("o9"))
    assert anomalies(run, ID_1) == ["wrong-response-replayed"]


def test_refusing_what_is_done_is_wrong_and_being_unreachable_is_not():
    refused = OrderHistory().place("o1").place("o1", answer="fail", result=IN_PROGRESS)
    assert anomalies(refused, ID_1) == ["done-key-refused"]
    unreachable = OrderHistory().place("o1").place("o1", answer="fail", result={"error": "refused"})
    assert is_certified(unreachable, ID_1)


@pytest.mark.parametrize(("first", "second"), [("0", 0), ("true", True), ("", None)])
def test_values_that_only_look_alike_are_neither_one_payload_nor_two(first, second):
    wrong = {"status": 400, "body": {"error": "item is missing or wrong"}}
    assert (
        anomalies(
            OrderHistory().place("o1", item=first).place("o1", item=second, answer="fail", result=wrong), ID_1
        )
        == []
    )
    misused = {"status": 422, "body": {"error": "used for another request"}}
    run = OrderHistory().place("o1", item=first).place("o1", item=second, answer="fail", result=misused)
    assert (anomalies(run, ID_1), anomalies(run, ID_5)) == ([], [])
    assert anomalies(OrderHistory().place("o1", item=first).place("o1", item=second), ID_5) == []


def test_an_event_that_is_done_and_comes_again_is_not_mailed_again():
    assert is_certified(delivered(handled(delivered(event()).mail("e1"))), ID_1)
    run = delivered(handled(delivered(event()).mail("e1"))).mail("e1")
    assert anomalies(run, ID_1) == ["double-effect"]


def test_two_mails_for_one_event_are_a_double_effect():
    run = delivered(delivered(event()).mail("e1"))
    assert is_certified(run, ID_2)
    assert anomalies(run.mail("e1"), ID_2) == ["double-effect"]


def test_creating_charging_or_deciding_twice_is_a_double_effect():
    assert anomalies(OrderHistory().order_row("o1").order_row("o1"), ID_2) == ["double-effect"]
    assert anomalies(OrderHistory().charge("o1").charge("o1"), ID_2) == ["double-effect"]
    run = OrderHistory()
    twice = (run.outbox(1, "PaymentCompleted", "o1"), run.outbox(2, "PaymentCompleted", "o1"))
    assert anomalies(run.commit("payment", "payment", *twice), ID_2) == ["double-effect"]


def test_a_letter_about_an_event_decides_nothing_twice():
    run = OrderHistory().place("o1").place("o1")
    letter = run.outbox(2, "OrderCreated", "o1", topic="dead-letters")
    assert is_certified(run.commit("order", "order", run.outbox(1, "OrderCreated", "o1"), letter), ID_2)


def test_a_record_changes_hands_only_after_its_lease():
    claim = {"status": "RUNNING", "owner": "a", "expires_ms": 1_000}
    early = (
        OrderHistory()
        .commit(*kept(**claim))
        .commit(*kept("update", status="RUNNING", owner="b", expires_ms=1_500))
    )
    assert anomalies(early, ID_3) == ["stolen-record"]
    late = (
        OrderHistory()
        .commit(*kept(**claim))
        .commit(*kept("update", status="RUNNING", owner="b", expires_ms=2_000))
    )
    assert is_certified(late, ID_3)


def test_completing_in_anothers_name_steals_the_record():
    run = OrderHistory().commit(*kept(status="RUNNING", owner="a", expires_ms=1_000))
    assert anomalies(run.commit(*kept("update", owner="b", expires_ms=9_000)), ID_3) == ["stolen-record"]


def test_a_done_record_stays_as_it_is():
    assert anomalies(OrderHistory().commit(*kept()).commit(*kept("delete")), ID_3) == ["done-record-changed"]


def claimed(expires_ms=1_000):
    return (
        OrderHistory()
        .place("o1", answer="info")
        .commit(*kept(status="RUNNING", owner="a", expires_ms=expires_ms))
    )


def test_a_key_is_free_again_after_its_lease():
    blocked = claimed().wait(1_500).place("o1", answer="fail", result=IN_PROGRESS)
    assert anomalies(blocked.quiet(), ID_4) == ["key-blocked-for-ever"]
    early = claimed().wait(500).place("o1", answer="fail", result=IN_PROGRESS)
    assert is_certified(early.quiet(), ID_4)
    assert is_certified(claimed().wait(1_500).place("o1").quiet(), ID_4)


def test_a_key_that_was_given_back_is_free():
    def given_back(**second):
        run = claimed().commit("order", "order", record("RUNNING", "a", 1_000, verb="delete"))
        return run.wait(20_000).place("o1", **second).quiet()

    refused = given_back(answer="fail", result=IN_PROGRESS)
    assert anomalies(refused, ID_4) == ["key-blocked-for-ever"]
    assert is_certified(given_back(), ID_4)


def test_a_key_that_was_given_back_is_not_free_for_two_at_once():
    """The one that was asked for later may come first, and then has the key."""
    run = claimed().commit("order", "order", record("RUNNING", "a", 1_000, verb="delete")).wait(20_000)
    value = {"order": "o1", "item": "apple", "quantity": 1, "amount": 10, "key": "k-o1"}
    history = run.history
    first, second = (history.add(20_000, "invoke", "client", "place_again", value) for _ in range(2))
    history.add(20_005, "fail", "client", "place_again", IN_PROGRESS, first)
    history.add(20_008, "ok", "client", "place_again", {"status": 201}, second)
    assert "key-blocked-for-ever" not in anomalies(run.quiet(), ID_4)


def test_a_client_that_asks_twice_when_nothing_is_wrong_any_more_is_answered():
    def asked(*answers, after_ms=60_000):
        run = OrderHistory().place("o1", answer="info", result={"status": 503})
        run.history.add(0, "fault", "order", "cut", {"fault": "cut"})
        run.history.add(0, "receipt", "order", "cut", {}, len(run.history) - 1)
        run.wait(after_ms)
        value = {"order": "o1", "item": "apple", "quantity": 1, "amount": 10, "key": "k-o1"}
        for answer in answers:
            run.op("place_again", value, answer, {"status": {"ok": 201, "fail": 422, "info": 503}[answer]})
        return run.quiet()

    assert anomalies(asked("info", "info"), ID_4) == ["key-blocked-for-ever"]
    assert is_certified(asked("info", "ok"), ID_4)
    assert is_certified(asked("fail", "fail"), ID_4)
    assert is_unknown(asked("info"), ID_4)
    assert is_unknown(asked("info", "info", after_ms=5_000), ID_4)


def test_a_taken_key_without_a_lease_is_blocked():
    assert anomalies(claimed(expires_ms=0).quiet(), ID_4) == ["key-blocked-for-ever"]


def test_a_key_is_not_judged_while_the_system_is_not_quiet():
    early = claimed().wait(500).place("o1", answer="fail", result=IN_PROGRESS)
    assert is_unknown(early.quiet(False), ID_4)


def test_a_key_is_kept_as_long_as_the_profile_says():
    short = Profile("short", PROFILE.knobs | {"key_retention": 60_000})

    def later(ms):
        run = OrderHistory().place("o1").commit(*kept()).wait(ms)
        return run.commit(*kept(verb="delete")).place("o1", answer="fail", result={"status": 409})

    assert later(70_000).judged(ID_3, short).findings == ()
    assert later(70_000).judged(ID_1, short).findings == ()
    for run, profile in ((later(50_000), short), (later(70_000), PROFILE)):
        assert [f.anomaly for f in run.judged(ID_3, profile).findings] == ["done-record-changed"]
        assert [f.anomaly for f in run.judged(ID_1, profile).findings] == ["done-key-refused"]


def test_another_payload_under_a_key_is_refused():
    refused = (
        OrderHistory().place("o1").op("place_other", {"key": "k-o1", "order": "o2"}, "fail", {"status": 422})
    )
    assert is_certified(refused, ID_5)


def test_another_payload_never_gets_the_others_response_and_is_never_executed():
    replayed = (
        OrderHistory().place("o1").op("place_other", {"key": "k-o1", "order": "o2"}, "ok", answer("o1"))
    )
    assert anomalies(replayed, ID_5) == ["wrong-response-replayed"]
    executed = (
        OrderHistory().place("o1").op("place_other", {"key": "k-o1", "order": "o2"}, "ok", answer("o2"))
    )
    assert anomalies(executed, ID_5) == ["other-payload-executed"]


INBOX = ("insert", "inbox", {"event_id": "e1"})


def test_an_effect_commits_with_the_event_that_asked_for_it():
    assert is_certified(OrderHistory().payment("o1", "CHARGED", INBOX), ID_6)
    asked = OrderHistory().payment("o1", "CHARGED", INBOX).append("OrderCreated", "o2", "e2")
    run = asked.deliver("order-events", 0, "payment").payment("o2", "CHARGED")
    assert anomalies(run, ID_6) == ["effect-without-record"]


def test_what_a_service_decides_by_itself_notes_no_event():
    cancelled = OrderHistory().order_row("o1", "PENDING", record()).commit("order", "order", INBOX)
    assert is_certified(cancelled.order_row("o1", "CANCELLED"), ID_6)


def test_a_stored_refusal_has_no_effect_and_a_stored_outage_is_none():
    def stored(response):
        row = ("insert", "idempotency", record()[2] | {"response": response})
        return OrderHistory().order_row("o2", "PENDING", record(key="k-o2")).commit("order", "order", row)

    assert is_certified(stored('[409, {"error": "exists"}]'), ID_6)
    assert anomalies(stored('[503, {"error": "away"}]'), ID_6) == ["record-without-effect"]


def test_an_order_and_its_key_are_one_commit():
    assert is_certified(OrderHistory().order_row("o1", "PENDING", record()), ID_6)
    run = OrderHistory().order_row("o1").commit(*kept())
    assert set(anomalies(run, ID_6)) == {"effect-without-record", "record-without-effect"}


def test_marked_processed_before_its_mail_is_a_record_without_effect():
    assert anomalies(handled(event()).mail("e1"), ID_6) == ["record-without-effect"]
    assert is_certified(handled(event().mail("e1")).quiet(), ID_6)


def test_a_mail_that_is_never_marked_is_an_effect_without_record():
    assert anomalies(event().mail("e1").quiet(), ID_6) == ["effect-without-record"]


def test_an_inbox_entry_that_nothing_came_of_is_a_record_without_effect():
    run = OrderHistory().append("OrderCreated", "o1", "e1").commit("payment", "payment", INBOX)
    assert anomalies(run.quiet(), ID_6) == ["record-without-effect"]


def test_a_key_is_as_old_as_its_first_request():
    short = Profile("short", PROFILE.knobs | {"key_retention": 60_000})

    def refused_after(ms):
        run = OrderHistory().place("o1", answer="info", result={"error": "Timeout"}).wait(40_000).place("o1")
        return run.wait(ms).place("o1", answer="fail", result={"status": 409})

    assert refused_after(30_000).judged(ID_1, short).findings == ()
    assert [f.anomaly for f in refused_after(5_000).judged(ID_1, short).findings] == ["done-key-refused"]
    assert anomalies(refused_after(30_000), ID_1) == ["done-key-refused"]
