"""The outbox's promises over a shop of other names: what is claimed, what is right and what is wrong."""

import msgspec
import pytest

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Becomes, Claim, Record, Rows
from shaketable.mapping.rules_under_mapping import judged
from shaketable.profile import Profile
from shaketable_patterns.outbox.clauses import OUTBOX_RULES
from shaketable_patterns.outbox.roles import Outbox, Owes
from tests.unit.mapping.shop_history import Shop

SOLD = Becomes(Rows("sales", "sale", ("nr",)), of="col.nr")
MESSAGES = Rows("sales", "message", ("no",))
RECORD = Record(("sales.sold",), of="body.sale", id="header.msg", type="='Sold'")
FULL = Outbox(
    owes=(Owes(SOLD, "Sold"),),
    events=MESSAGES,
    id="col.no",
    of="col.body:$.sale",
    type="='Sold'",
    sequence="col.no",
    same={"col.body:$.cups": "body.cups"},
    pending={"col.sent_at": "@null"},
    sent={"col.sent_at": "@set"},
    claim=Claim("col.worker"),
    record=RECORD,
)
PROFILE = Profile("shop", {"batch_size": 10})


def breaches(shop, role=FULL):
    history = shop.quiet()
    found = judged(Mapping((role,)), OUTBOX_RULES)
    return sorted(
        {
            (judgement.promise, finding.anomaly)
            for checker in found.checkers
            for judgement in checker.check(history, PROFILE)
            for finding in judgement.findings
        }
    )


def message(no, sale, sent_at=None, cups=2, worker=""):
    body = f'{{"sale": {sale}, "cups": {cups}}}'
    return {"no": no, "body": body, "sent_at": sent_at, "worker": worker}


def sell(shop, no, sale, cups=2):
    shop.commit(
        ("insert", "sale", {"nr": sale, "cups": cups}), ("insert", "message", message(no, sale, cups=cups))
    )


def publish(shop, no, sale, cups=2, sent_at="12:00"):
    shop.append("sales.sold", {"sale": sale, "cups": cups}, msg=str(no))
    shop.commit(("update", "message", message(no, sale, sent_at, cups)), by="relay")


def test_a_shop_that_does_it_right_breaks_nothing():
    shop = Shop()
    for no, sale in ((1, 71), (2, 72)):
        sell(shop, no, sale)
        publish(shop, no, sale)
    assert breaches(shop) == []


def a_sale_without_its_message(shop):
    shop.commit(("insert", "sale", {"nr": 71, "cups": 2}))


def a_message_without_its_sale(shop):
    shop.commit(("insert", "message", message(1, 71)))
    publish(shop, 1, 71)


def a_message_that_stays(shop):
    sell(shop, 1, 71)


def marked_before_the_broker_has_it(shop):
    sell(shop, 1, 71)
    shop.commit(("update", "message", message(1, 71, "12:00")), by="relay")
    shop.append("sales.sold", {"sale": 71, "cups": 2}, msg="1")


def sent_and_then_not(shop):
    sell(shop, 1, 71)
    publish(shop, 1, 71)
    shop.commit(("update", "message", message(1, 71, None)), by="relay")


def written_by_another_than_its_worker(shop):
    sell(shop, 1, 71)
    shop.commit(("update", "message", message(1, 71, None, worker="w1")), by="relay-1")
    shop.append("sales.sold", {"sale": 71, "cups": 2}, msg="1")
    shop.commit(("update", "message", message(1, 71, "12:00", worker="w1")), by="relay-2")


def said_otherwise(shop):
    sell(shop, 1, 71)
    publish(shop, 1, 71)
    shop.append("sales.sold", {"sale": 71, "cups": 9}, msg="1")


def published_from_nowhere(shop):
    sell(shop, 1, 71)
    publish(shop, 1, 71)
    shop.append("sales.sold", {"sale": 79, "cups": 2}, msg="9")


def published_again_under_a_new_id(shop):
    sell(shop, 1, 71)
    publish(shop, 1, 71)
    shop.append("sales.sold", {"sale": 71, "cups": 2}, msg="9")


def passed_over(shop):
    sell(shop, 1, 71)
    sell(shop, 2, 72)
    publish(shop, 2, 72)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (a_sale_without_its_message, ("OB-1", "lost-event")),
        (a_message_without_its_sale, ("OB-1", "phantom-event")),
        (a_message_that_stays, ("OB-2", "never-sent")),
        (marked_before_the_broker_has_it, ("OB-3", "marked-unsent")),
        (sent_and_then_not, ("OB-4", "sent-regressed")),
        (written_by_another_than_its_worker, ("OB-4", "unfenced-claim")),
        (said_otherwise, ("OB-5", "not-as-committed")),
        (published_from_nowhere, ("OB-5", "phantom-event")),
        (published_again_under_a_new_id, ("OB-5", "new-id-on-duplicate")),
        (passed_over, ("OB-6", "skipped-row")),
    ],
)
def test_each_mistake_breaks_its_promise(wrong, told):
    shop = Shop()
    wrong(shop)
    assert told in breaches(shop)


@pytest.mark.parametrize("claim", [None, Claim("col.worker")])
def test_what_no_role_plays_is_not_claimed(claim):
    role = Outbox(events=MESSAGES, id="col.no", of="col.body:$.sale", record=RECORD, claim=claim)
    left = {
        (one.promise, one.clause): one.missing for one in judged(Mapping((role,)), OUTBOX_RULES).not_claimed
    }
    assert left["OB-1", "a change commits with its event row"] == ("outbox.owes&events",)
    assert ("OB-4", "only the owner of a claim writes" in dict.fromkeys(c for _, c in left)) == (
        "OB-4",
        claim is None,
    )
    assert ("OB-2", "what is committed arrives") not in left


def test_rows_that_are_deleted_when_they_were_sent_are_judged_by_that():
    role = Outbox(
        events=MESSAGES, id="col.no", of="col.body:$.sale", type="='Sold'", sent="deleted", record=RECORD
    )
    right, wrong = Shop(), Shop()
    sell(right, 1, 71)
    right.append("sales.sold", {"sale": 71, "cups": 2}, msg="1")
    right.commit(("delete", "message", {"no": 1}), by="relay")
    sell(wrong, 1, 71)
    wrong.commit(("delete", "message", {"no": 1}), by="relay")
    assert breaches(right, role) == []
    assert ("OB-3", "marked-unsent") in breaches(wrong, role)
    assert ("OB-2", "lost-event") in breaches(wrong, role)


def test_without_ids_a_row_meets_its_record_by_type_and_what_it_is_about():
    role = Outbox(
        events=MESSAGES, of="col.body:$.sale", type="='Sold'", pending={"col.sent_at": "@null"}, record=RECORD
    )
    shop = Shop()
    sell(shop, 1, 71)
    assert ("OB-2", "never-sent") in breaches(shop, role)
    publish(shop, 1, 71)
    assert breaches(shop, role) == []


@pytest.mark.parametrize(
    ("of_row", "of_record", "committed", "said", "broken"),
    [
        ("col.at", "body.at", "2026-11-30T07:01:04.5Z", "2026-11-30T16:01:04.500+09:00", False),
        ("col.at", "body.at", "2026-11-30T07:01:04.123456Z", "2026-11-30T08:01:04+01:00", False),
        ("col.at", "body.at", "2026-11-30T07:01:04.5Z", "2026-11-30T16:01:04.5Z", True),
        ("col.at:instant", "body.at", "2026-11-30T07:01:04.5Z", "2026-11-30T16:01:04.5+09:00", False),
        ("col.at", "body.at:instant", "2026-11-30T07:01:04.5Z", "2026-11-30T16:01:05.5+09:00", True),
        ("col.price", "body.price", "10.00", 10, False),
        ("col.price", "body.price", "10.00", 10.01, True),
        ("col.price", "body.price:number", "10.00", "10.0", False),
        ("col.price:number", "body.price", "10.00", "10.0", False),
        ("col.price:number", "body.price:number", "10.00", "10.1", True),
    ],
)
def test_what_was_committed_may_be_told_in_another_form(of_row, of_record, committed, said, broken):
    shop = Shop()
    name = of_record.removeprefix("body.").partition(":")[0]
    row = message(1, 71) | {name: committed}
    shop.commit(("insert", "sale", {"nr": 71, "cups": 2}), ("insert", "message", row))
    shop.append("sales.sold", {"sale": 71, name: said}, msg="1")
    shop.commit(("update", "message", row | {"sent_at": "12:00"}), by="relay")
    role = msgspec.structs.replace(FULL, same={of_row: of_record})
    assert breaches(shop, role) == ([("OB-5", "not-as-committed")] if broken else [])
