"""Clauses on replicas: addresses are of roles, whoever acts; what a fault did is told of the one it struck."""

from __future__ import annotations

from shaketable.conformance.moments import RETURNED, back
from shaketable.conformance.shop import TILL, TILLS
from shaketable.conformance.world_under_test import LONG_MS, Broken, Stage, buy
from shaketable.fault import Crash, CrashReceiver, CrashSender, Drop, Partition, Pause
from shaketable.schedule import Do

FIRST, SECOND = TILLS
ORDERS = ((FIRST, SECOND), (SECOND, FIRST))
DOWN_MS = 1_000
BUY = f"client>{TILL} POST /buy"
PAY = f"{TILL}>bank POST /pay"
COMMIT = f"{TILL}>postgres COMMIT sales"


def a_boundary_counts_across_replicas(stage: Stage) -> None:
    """Of the sender and of the receiver, whichever replica comes first."""
    for one, other in ORDERS:
        story = stage.play(buy("s1", one), RETURNED, buy("s2", other), RETURNED)
        for route in (BUY, PAY, COMMIT):
            counted = [name for name in story.boundaries if name.startswith(route)]
            story.equal(f"boundaries of {route}", counted, [f"{route} #1", f"{route} #2"])
        story.equal("who committed", [e.process for e in story.commits("shop")], [one, other])


def a_message_fault_strikes_the_replica_whose_message_it_is(stage: Stage) -> None:
    """The sender at its COMMIT, the receiver at its request; receipt, crash and return name the replica."""
    for one, other in ORDERS:
        for fault in (
            CrashSender(at=f"{COMMIT} #2", leg="reply", down_ms=DOWN_MS),
            CrashReceiver(at=f"{BUY} #2", leg="request", down_ms=DOWN_MS),
        ):
            story = stage.play(fault, buy("s1", one), RETURNED, buy("s2", other), RETURNED, back())
            receipt = story.landed("crash_sender" if isinstance(fault, CrashSender) else "crash_receiver")
            struck = (receipt, story.the("crash"), story.the("restart"))
            story.equal("who was struck", [e.process for e in struck], [other] * 3)
            story.outcome("ok", n=0)
            story.outcome("info", "ConnectionLost", n=1)


def a_timed_fault_of_a_role_strikes_every_replica(stage: Stage) -> None:
    """And leaves a receipt for each that it struck; one that names a replica leaves the others alone."""
    buys = (buy("s1", FIRST), buy("s2", SECOND))
    story = stage.play(Crash(service=TILL, down_ms=LONG_MS), *buys, RETURNED)
    for kind, name in (("receipt", "crash"), ("crash", ""), ("restart", "")):
        story.equal(f"{kind} of", sorted(e.process for e in story.events(kind, name)), [FIRST, SECOND])
    for n in (0, 1):
        story.outcome("fail", "Refused", n=n)
    story = stage.play(Pause(service=SECOND, for_ms=DOWN_MS), *buys, RETURNED)
    story.equal("who stood still", story.landed("pause").process, SECOND)
    story.answered(0, n=0)
    story.answered(DOWN_MS, n=1)


def a_partition_of_a_role_cuts_every_replica_off(stage: Stage) -> None:
    """One fault, one receipt, one heal; that of a replica leaves the others alone."""
    cut_off = Partition(sender=TILL, receiver="bank", for_ms=LONG_MS)
    story = stage.play(cut_off, buy("s1", FIRST), buy("s2", SECOND), RETURNED, buy("s3"), RETURNED)
    story.landed("partition")
    story.equal("heals", len(story.events("heal", "partition")), 1)
    story.equal("payments", story.paid, ["s3"])
    for n in (0, 1):
        story.outcome("info", "Timeout", n=n)
    cut_off = Partition(sender=FIRST, receiver="bank", for_ms=LONG_MS)
    story = stage.play(cut_off, buy("s1", FIRST), buy("s2", SECOND), RETURNED)
    story.landed("partition")
    story.equal("payments", story.paid, ["s2"])


def a_replica_is_no_name_for_a_boundary(stage: Stage) -> None:
    """Which replica it will be is chance: an address that names one is a usage error, as one of nobody is."""
    taken = stage.taken(
        Drop(at=f"{FIRST}>bank POST /pay #1", leg="request"),
        CrashReceiver(at=f"client>{SECOND} POST /buy #1", leg="request"),
    )
    if taken:
        raise Broken(f"{taken[0]!r} names a replica and was taken")
    story = stage.play(Crash(service=FIRST, down_ms=DOWN_MS), back(), Do("count", {"of": FIRST}), RETURNED)
    story.equal("who lost power", story.landed("crash").process, FIRST)
    story.outcome("ok", n=0)
