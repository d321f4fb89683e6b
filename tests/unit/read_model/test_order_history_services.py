"""The order history in the simulated world: what the command side and the query side answer, and how a rebuild goes."""

from shaketable.mapping.index_builder import Indexing
from shaketable.runner import execute
from shaketable.schedule import Do, Schedule, Wait
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import history_subjects
from shaketable_patterns.order_history.values import order_value, poison
from shaketable_patterns.order_history.workload import troubled, workload

(HARDENED,) = [subject for subject in history_subjects() if subject.name.endswith("/hardened")]
PLACE = Do("place", order_value(1, 0))
PAY, CANCEL, RESEND = (Do(name, {"order": "o1"}) for name in ("pay", "cancel", "resend"))
BALANCE, SUMMARY = (Do(name, {"user_id": "u1"}) for name in ("balance", "summary"))


def outcome(*steps):
    found = execute(SimWorld(), HARDENED, Schedule(HARDENED.name, steps))
    assert list(found.findings) == []
    return found


def answers(*steps):
    return [op.result for op in outcome(*steps).history.ops()]


def statuses(*steps):
    return [answer["status"] for answer in answers(*[one for step in steps for one in (step, Wait(50))])]


def test_an_order_is_paid_for_once_and_cancelled_once():
    assert statuses(PLACE, PLACE, PAY, PAY, CANCEL, CANCEL, PAY) == [201, 409, 201, 409, 200, 409, 409]


def test_what_is_not_there_is_not_found():
    other = {"order": "o9"}
    assert statuses(Do("pay", other), Do("cancel", other), Do("balance", {"user_id": "u9"})) == [
        404,
        404,
        404,
    ]


def test_a_balance_is_right_at_once_and_what_was_cancelled_is_given_back():
    asked = answers(PLACE, Wait(50), PAY, Wait(50), BALANCE, Wait(50), CANCEL, Wait(50), BALANCE, Wait(50))
    assert [one["body"]["balance"] for one in asked if "balance" in one["body"]] == [95, 100]


def test_nothing_is_paid_beyond_the_balance():
    dear = Do("place", {"order": "o1", "user_id": "u1", "amount": 101, "days_ago": 0})
    assert statuses(dear, PAY) == [201, 402]
    assert statuses(Do("place", {"order": "o1"}), Do("place", {**PLACE.value, "amount": 0})) == [400, 400]


def test_a_summary_follows_and_an_event_that_is_sent_again_changes_nothing():
    steps = (PLACE, Wait(50), PAY, Wait(7_000), SUMMARY, RESEND, Wait(7_000), SUMMARY, Wait(100))
    said = [one["body"] for one in answers(*steps) if "paid" in one["body"]]
    assert [(one["orders"], one["paid"]) for one in said] == [(1, 5), (1, 5)]


def generations(history):
    index = Indexing({("history", "generations"): ("number",), ("history", "parked"): ()})(history)
    changes = index.changes_of("history", "generations")
    return {change.row["number"]: change.row["status"] for change in changes}, index


def test_a_rebuild_ends_with_the_new_generation_alone_and_another_may_follow():
    again = Do("rebuild", {})
    found = outcome(PLACE, Wait(4_000), again, Wait(10), again, Wait(10_000), again, Wait(10_000))
    assert [op.result["body"]["generation"] for op in found.history.ops()[1:]] == [2, 2, 3]
    assert generations(found.history)[0] == {1: "RETIRED", 2: "RETIRED", 3: "LIVE"}


def test_an_event_that_cannot_be_read_is_parked_with_its_cause_in_every_generation():
    found = outcome(Do("poison", poison(1)), Wait(4_000), Do("rebuild", {}), Wait(10_000))
    parked = generations(found.history)[1].changes_of("history", "parked")
    assert [(one.row["event_id"], one.row["generation"]) for one in parked] == [("p1", 1), ("p1", 2)]
    assert parked[0].row["cause"] == "user_id is missing or wrong"


def test_the_workload_and_the_troubled_one_break_nothing():
    assert outcome(*workload(HARDENED).steps).unknown == ""
    assert outcome(*troubled(HARDENED).steps).unknown == ""
