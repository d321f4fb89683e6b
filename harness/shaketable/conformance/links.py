"""Clauses on links: partitions and latency, when they end, and how several of them live together."""

from __future__ import annotations

from shaketable.conformance.messages import COMMIT, PAY
from shaketable.conformance.moments import LANDED, RETURNED, healed
from shaketable.conformance.played_run import LONG_MS, PATH_MS
from shaketable.conformance.shop_service import PAY_TIMEOUT_MS
from shaketable.conformance.world_under_test import WorldUnderTest, buy
from shaketable.fault import Drop, Hold, Latency, Partition, PoolExhausted
from shaketable.schedule import Do, Heal, Wait

NOTED = Do("noted", {"sale": "s1"})


def _cut_off(for_ms: int, receiver: str = "bank") -> Partition:
    return Partition(sender="shop", receiver=receiver, for_ms=for_ms)


def a_partition_closes_nothing_until_it_heals(world: WorldUnderTest) -> None:
    """Check that what was lost stays lost, and that its sender hears of it when the partition ends, not before."""
    for receiver, effect in (("bank", "pay"), ("postgres", "commit"), ("kafka", "append")):
        run = world.play(_cut_off(3_000, receiver), buy(), RETURNED)
        run.landed("partition")
        begun, healed = run.the("fault", "partition"), run.the("heal", "partition")
        run.due("the heal", healed.time_ms - begun.time_ms, 3_000)
        run.equal("the heal names its fault", healed.ref, begun.index)
        run.answered(3_000)
        for event in run.events("effect", effect):
            run.at_least(f"what passes to {receiver}", event.time_ms, healed.time_ms)
        if receiver == "bank":  # a driver may begin a transaction again, or connect again, without saying so
            run.outcome("info", "ConnectionLost")
            run.equal("payments", run.paid, [])


def a_partition_longer_than_the_senders_patience_is_a_timeout(world: WorldUnderTest) -> None:
    run = world.play(_cut_off(LONG_MS), buy(), RETURNED)
    run.landed("partition")
    run.outcome("info", "Timeout")
    run.answered(PAY_TIMEOUT_MS)
    run.equal("payments", run.paid, [])


def a_partition_is_of_one_link(world: WorldUnderTest) -> None:
    run = world.play(_cut_off(LONG_MS), NOTED, buy(), RETURNED)
    run.outcome("ok", {"note": None}, n=0)
    run.answered(0, n=0)
    run.outcome("info", "Timeout", n=1)


def a_heal_ends_a_partition_at_that_instant(world: WorldUnderTest) -> None:
    """Check that what is sent right after the heal arrives, though `for_ms` is far from over."""
    run = world.play(_cut_off(LONG_MS), Wait(1_000), Heal(), buy(), RETURNED)
    begun, healed = run.the("fault", "partition"), run.the("heal", "partition")
    run.due("the heal", healed.time_ms - begun.time_ms, 1_000)
    run.outcome("ok")
    run.answered(0)


def a_partition_ends_by_itself(world: WorldUnderTest) -> None:
    run = world.play(_cut_off(1_000), healed(), buy())
    run.outcome("ok")
    run.answered(0)


def overlapping_faults_heal_separately(world: WorldUnderTest) -> None:
    """Check three on one link: each ends when it is over, and the link carries again after the last partition only."""
    latency = Latency(sender="shop", receiver="bank", delay_ms=500, for_ms=LONG_MS)
    cut_off = (_cut_off(1_000), _cut_off(4_000))
    run = world.play(latency, *cut_off, healed(), buy("s1"), healed(2), buy("s2"), RETURNED)
    ends = {e.ref: e.time_ms for e in run.events("heal")}
    first, second = run.events("fault", "partition")
    run.due("the end of the first partition", ends.get(first.index, -1) - first.time_ms, 1_000)
    run.due("the end of the second partition", ends.get(second.index, -1) - second.time_ms, 4_000)
    run.at_least("the second after the first", ends[second.index] - ends[first.index], 2_900)
    run.equal("payments", run.paid, ["s2"])
    run.outcome("info", n=0, result=_lost(run.took_ms(0)))
    run.outcome("ok", n=1)
    run.at_least("the answer under latency", run.took_ms(1), 1_000)
    run.equal("receipts", sorted(r.name for r in run.events("receipt")), ["latency", "partition"])


def latency_delays_both_legs_and_leaves_one_receipt(world: WorldUnderTest) -> None:
    latency = Latency(sender="shop", receiver="bank", delay_ms=500, for_ms=LONG_MS)
    run = world.play(latency, buy("s1"), RETURNED, buy("s2"), RETURNED)
    run.landed("latency")
    for n in (0, 1):
        run.outcome("ok", n=n)
        run.answered(1_000, n=n)
        paid = run.events("effect", "pay")[n]
        run.due("the payment", paid.time_ms - run.op(n).invoked.time_ms, 500, path_ms=PATH_MS)


def latency_ends_by_itself(world: WorldUnderTest) -> None:
    latency = Latency(sender="shop", receiver="bank", delay_ms=world.claims.late_ms + 1_000, for_ms=500)
    run = world.play(latency, healed(), buy(), RETURNED)
    run.never_landed()
    run.answered(0)


def a_heal_disarms_what_has_not_happened(world: WorldUnderTest) -> None:
    run = world.play(Drop(at=PAY, leg="request"), Heal(), buy())
    run.never_landed()
    run.outcome("ok")


def a_link_without_traffic_leaves_no_receipt(world: WorldUnderTest) -> None:
    run = world.play(
        _cut_off(500), Latency(sender="postgres", receiver="shop", delay_ms=500, for_ms=500), NOTED
    )
    run.never_landed()
    run.outcome("ok")


def _lost(took_ms: int) -> str:
    """Return what a sender in a partition sees: it hears of the end, or gives up before."""
    return "ConnectionLost" if took_ms < PAY_TIMEOUT_MS else "Timeout"


_NO_SESSION = PoolExhausted(sender="shop", receiver="postgres", for_ms=3_000)


def a_database_whose_sessions_are_in_use_refuses_what_would_begin_one(world: WorldUnderTest) -> None:
    """Check that every transaction is refused at once, also on a connection that is kept, until the fault is over."""
    run = world.play(
        buy("s1"),
        RETURNED,
        _NO_SESSION,
        buy("s2"),
        RETURNED,
        buy("s3"),
        RETURNED,
        Wait(3_200),
        buy("s4"),
        RETURNED,
    )
    run.landed("pool_exhausted")
    for n in (1, 2):
        run.outcome("info", "Refused", n=n)
        run.answered(0, n=n)
    for n in (0, 3):
        run.outcome("ok", n=n)
    run.equal("sales", run.sold, ["s1", "s4"])
    begun, over = run.the("fault", "pool_exhausted"), run.the("heal", "pool_exhausted")
    run.due("the heal", over.time_ms - begun.time_ms, 3_000)


def a_transaction_that_has_begun_keeps_its_session(world: WorldUnderTest) -> None:
    run = world.play(Hold(at=COMMIT, leg="request", for_ms=1_000), buy("s1"), LANDED, _NO_SESSION, RETURNED)
    run.outcome("ok")
    run.answered(1_000)
    run.equal("sales", run.sold, ["s1"])


def a_heal_gives_sessions_again(world: WorldUnderTest) -> None:
    run = world.play(_NO_SESSION, Heal(), buy("s1"), RETURNED)
    run.outcome("ok")
    run.answered(0)
    run.equal("sales", run.sold, ["s1"])
