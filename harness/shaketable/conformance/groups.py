"""Clauses on consumer groups: a member that lives and is put out of its group, as one that works on a record for too long."""

from __future__ import annotations

from shaketable.boundary import Leg
from shaketable.conformance.moments import RETURNED, Until, healed
from shaketable.conformance.played_run import PlayedRun
from shaketable.conformance.world_under_test import WorldUnderTest, buy
from shaketable.fault import Partition, PollTimeout, Retention

GROUP = "readers"
HELD_MS = 2_000
SEEN = "reader>postgres COMMIT seen #1"


def _deliveries(run: PlayedRun, offset: int) -> int:
    return sum(event.value["offset"] == offset for event in run.events("effect", "deliver"))


def a_member_that_is_put_out_is_given_its_record_again(world: WorldUnderTest) -> None:
    """Check that it joins again: it is given what it had not committed, and what comes after that."""
    legs: tuple[Leg, ...] = ("request", "reply")
    for leg in legs:
        run = world.play(
            PollTimeout(at=SEEN, leg=leg, for_ms=HELD_MS), buy("s1"), RETURNED, buy("s2"), RETURNED
        )
        receipt = run.landed("poll_timeout")
        run.equal("who was put out", receipt.process, "reader")
        run.equal("of which groups", receipt.value.get("groups"), [GROUP])
        run.equal("how long the message was held", receipt.value.get("held_ms"), HELD_MS)
        run.equal("the first record came again", _deliveries(run, 0) > 1, True)
        run.equal("what the reader wrote", run.seen, ["s1", "s2"])
        run.equal("the last offset", run.events("effect", "offsets")[-1].value["offset"], 2)


def the_commit_of_a_member_that_was_put_out_is_refused(world: WorldUnderTest) -> None:
    at = "reader>kafka OFFSET_COMMIT sales #1"
    run = world.play(PollTimeout(at=at, leg="request", for_ms=0), buy("s1"), RETURNED)
    receipt = run.landed("poll_timeout")
    commits, again = (
        [event.index for event in run.events("effect", name) if event.index > receipt.index]
        for name in ("offsets", "deliver")
    )
    run.equal("the record came again", bool(again), True)
    run.equal("the commit that is taken comes behind that", commits[0] > again[0], True)


def who_is_in_no_group_is_put_out_of_none(world: WorldUnderTest) -> None:
    at = "shop>postgres COMMIT sales #1"
    run = world.play(PollTimeout(at=at, leg="request", for_ms=HELD_MS), buy("s1"))
    run.never_landed()
    run.outcome("ok")
    run.answered(0)


_READ = Until(
    "the reader has committed", lambda h: any(e.kind == "effect" and e.name == "offsets" for e in h)
)


def who_was_away_while_records_were_deleted_goes_on_with_the_earliest_that_is_left(
    world: WorldUnderTest,
) -> None:
    """Check that what is kept is read, and that the receipt says where the topic begins and who had not read what is gone."""
    for keep, seen in ((0, ["s1", "s4"]), (1, ["s1", "s3", "s4"])):
        away = Partition(sender="reader", receiver="kafka", for_ms=3_000)
        steps = (
            away,
            buy("s2"),
            RETURNED,
            buy("s3"),
            RETURNED,
            Retention(service="kafka", keep=keep),
            healed(),
        )
        run = world.play(buy("s1"), RETURNED, _READ, *steps, buy("s4"), RETURNED)
        if not world.claims.deletes_records:
            run.equal("receipts of the retention", run.events("receipt", "retention"), [])
            continue
        receipt = run.landed("retention")
        run.equal("where the topic begins", receipt.value.get("begins"), {"sales/0": 3 - keep})
        run.equal("who had not read it", receipt.value.get("unread"), [GROUP])
        run.equal("what the reader wrote", run.seen, seen)


def records_that_were_read_are_not_missed(world: WorldUnderTest) -> None:
    """Check that a retention with nothing to delete leaves no receipt, and that a reader at the end goes on there."""
    expires = Retention(service="kafka")
    run = world.play(expires, buy("s1"), RETURNED, _READ, expires, buy("s2"), RETURNED)
    if not world.claims.deletes_records:
        run.never_landed()
        return
    receipts = run.events("receipt", "retention")
    run.equal(
        "the retention that deleted something", [r.ref for r in receipts], [run.events("fault")[1].index]
    )
    run.equal("who had not read it", receipts[0].value.get("unread"), [])
    run.equal("what the reader wrote", run.seen, ["s1", "s2"])
