"""Clauses on records that their broker does not take."""

from __future__ import annotations

from shaketable.conformance.messages import COMMIT, FETCH, OFFSET, PAY, PRODUCE
from shaketable.conformance.moments import RETURNED
from shaketable.conformance.played_run import ClauseBroken
from shaketable.conformance.world_under_test import WorldUnderTest, buy
from shaketable.fault import TooLarge, UnreadableRecord, unreadable_bytes
from shaketable.schedule import Do, Heal


def a_record_that_is_too_large_is_refused_and_not_appended(world: WorldUnderTest) -> None:
    """Check the first record, and the next one of another key, which nothing holds up."""
    run = world.play(TooLarge(at=PRODUCE, leg="request"), buy("s1"), RETURNED, buy("s2"), RETURNED)
    receipt = run.landed("too_large")
    run.equal("the records, says the receipt", receipt.value.get("refused"), ["sales/s1"])
    run.outcome("info", "RecordTooLarge")
    run.answered(0)
    run.equal("sales", run.sold, ["s1", "s2"])
    run.equal("records", run.appended, [("s2", 0)])
    run.outcome("ok", n=1)


def a_record_is_refused_as_often_as_its_limit_stands(world: WorldUnderTest) -> None:
    """Check three records of one key: two are refused, with one receipt, and the third is taken."""
    again = [step for _ in range(3) for step in (Do("announce", {"sale": "s1"}), RETURNED)]
    run = world.play(TooLarge(at=PRODUCE, leg="request", times=2), *again)
    run.landed("too_large")
    run.equal("how they ended", [run.op(n).outcome for n in range(3)], ["info", "info", "ok"])
    run.equal("records", run.appended, [("s1", 0)])


def what_is_no_record_on_its_way_is_not_refused_as_too_large(world: WorldUnderTest) -> None:
    """Check answers, and what is no produce."""
    run = world.play(
        TooLarge(at=PRODUCE, leg="reply"),
        *(TooLarge(at=at, leg="request") for at in (PAY, COMMIT, FETCH, OFFSET)),
        buy(),
        RETURNED,
    )
    run.never_landed()
    run.outcome("ok")
    run.equal("records", run.appended, [("s1", 0)])


def a_refusal_is_over_when_all_is_healed(world: WorldUnderTest) -> None:
    run = world.play(TooLarge(at=PRODUCE, leg="request", times=100), Heal(), buy(), RETURNED)
    run.never_landed()
    run.equal("records", run.appended, [("s1", 0)])


def a_record_that_is_no_json_is_on_its_topic_and_given_to_consumers_as_text(world: WorldUnderTest) -> None:
    """Check that a consumer that passes it over sees it once, and what comes behind it."""
    run = world.play(UnreadableRecord(service="kafka", topic="sales", key="x1"), buy(), RETURNED)
    run.landed("unreadable_record")
    run.equal("records", run.appended, [("x1", 0), ("s1", 1)])
    foreign, own = run.events("effect", "append")
    run.equal("its value", foreign.value["value"], unreadable_bytes("x1").decode("utf-8", "replace"))
    run.equal("who appended it", (foreign.process, own.process), ("kafka", "shop"))
    run.equal("deliveries", [e.value["offset"] for e in run.events("effect", "deliver")], [0, 1])
    run.equal("what was seen", run.seen, ["s1"])


def only_a_topic_of_the_broker_can_be_given_a_record_that_is_no_json(world: WorldUnderTest) -> None:
    """Check that the wrong ones are usage errors that leave nothing."""
    wrong = (
        UnreadableRecord(service="kafka", topic="nowhere"),
        UnreadableRecord(service="redis", topic="sales"),
        UnreadableRecord(service="shop", topic="sales"),
    )
    run_on = UnreadableRecord(service="kafka", topic="sales")
    if world.taken(*wrong, run_on) != [run_on]:
        raise ClauseBroken("a record that is no JSON is taken for what has no such topic")
