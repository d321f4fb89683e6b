"""Clauses on replicas: addresses are of roles, whichever replica acts; receipts name the replica that was hit."""

from __future__ import annotations

from shaketable.conformance.moments import RETURNED, back
from shaketable.conformance.played_run import LONG_MS, ClauseBroken
from shaketable.conformance.shop import TILL, TILLS
from shaketable.conformance.world_under_test import WorldUnderTest, buy
from shaketable.fault import Crash, CrashReceiver, CrashSender, Drop, Partition, Pause
from shaketable.schedule import Do

FIRST, SECOND = TILLS
ORDERS = ((FIRST, SECOND), (SECOND, FIRST))
DOWN_MS = 1_000
BUY = f"client>{TILL} POST /buy"
PAY = f"{TILL}>bank POST /pay"
COMMIT = f"{TILL}>postgres COMMIT sales"


def a_boundary_counts_across_replicas(world: WorldUnderTest) -> None:
    """Check replicas as sender and as receiver, whichever comes first."""
    for one, other in ORDERS:
        run = world.play(buy("s1", one), RETURNED, buy("s2", other), RETURNED)
        for route in (BUY, PAY, COMMIT):
            counted = [name for name in run.boundaries if name.startswith(route)]
            run.equal(f"boundaries of {route}", counted, [f"{route} #1", f"{route} #2"])
        run.equal("the committers", [e.process for e in run.commits("shop")], [one, other])


def a_message_fault_hits_the_replica_whose_message_it_is(world: WorldUnderTest) -> None:
    """Check the sender at its COMMIT and the receiver at its request: receipt, crash and return name the replica."""
    for one, other in ORDERS:
        for fault in (
            CrashSender(at=f"{COMMIT} #2", leg="reply", down_ms=DOWN_MS),
            CrashReceiver(at=f"{BUY} #2", leg="request", down_ms=DOWN_MS),
        ):
            run = world.play(fault, buy("s1", one), RETURNED, buy("s2", other), RETURNED, back())
            receipt = run.landed("crash_sender" if isinstance(fault, CrashSender) else "crash_receiver")
            hit = (receipt, run.the("crash"), run.the("restart"))
            run.equal("the replica that was hit", [e.process for e in hit], [other] * 3)
            run.outcome("ok", n=0)
            run.outcome("info", "ConnectionLost", n=1)


def a_timed_fault_of_a_role_hits_every_replica(world: WorldUnderTest) -> None:
    """Check that it leaves a receipt for each replica; one that names a replica leaves the others alone."""
    buys = (buy("s1", FIRST), buy("s2", SECOND))
    run = world.play(Crash(service=TILL, down_ms=LONG_MS), *buys, RETURNED)
    for kind, name in (("receipt", "crash"), ("crash", ""), ("restart", "")):
        run.equal(f"{kind} of", sorted(e.process for e in run.events(kind, name)), [FIRST, SECOND])
    for n in (0, 1):
        run.outcome("fail", "Refused", n=n)
    run = world.play(Pause(service=SECOND, for_ms=DOWN_MS), *buys, RETURNED)
    run.equal("the replica that stood still", run.landed("pause").process, SECOND)
    run.answered(0, n=0)
    run.answered(DOWN_MS, n=1)


def a_partition_of_a_role_cuts_every_replica_off(world: WorldUnderTest) -> None:
    """Check one fault, one receipt, one heal; that of a replica leaves the others alone."""
    cut_off = Partition(sender=TILL, receiver="bank", for_ms=LONG_MS)
    run = world.play(cut_off, buy("s1", FIRST), buy("s2", SECOND), RETURNED, buy("s3"), RETURNED)
    run.landed("partition")
    run.equal("heals", len(run.events("heal", "partition")), 1)
    run.equal("payments", run.paid, ["s3"])
    for n in (0, 1):
        run.outcome("info", "Timeout", n=n)
    cut_off = Partition(sender=FIRST, receiver="bank", for_ms=LONG_MS)
    run = world.play(cut_off, buy("s1", FIRST), buy("s2", SECOND), RETURNED)
    run.landed("partition")
    run.equal("payments", run.paid, ["s2"])


def a_replica_is_no_name_for_a_boundary(world: WorldUnderTest) -> None:
    """Check that an address that names a replica is a usage error: chance decides which replica it will be."""
    taken = world.taken(
        Drop(at=f"{FIRST}>bank POST /pay #1", leg="request"),
        CrashReceiver(at=f"client>{SECOND} POST /buy #1", leg="request"),
    )
    if taken:
        raise ClauseBroken(f"{taken[0]!r} names a replica and was taken")
    run = world.play(Crash(service=FIRST, down_ms=DOWN_MS), back(), Do("count", {"of": FIRST}), RETURNED)
    run.equal("the replica that lost power", run.landed("crash").process, FIRST)
    run.outcome("ok", n=0)
