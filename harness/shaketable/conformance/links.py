"""Clauses on links: partitions and latency, when they end, and how several of them live together."""

from __future__ import annotations

from shaketable.conformance.messages import PAY
from shaketable.conformance.moments import RETURNED, healed
from shaketable.conformance.shop_service import PAY_TIMEOUT_MS
from shaketable.conformance.world_under_test import LONG_MS, PATH_MS, Stage, buy
from shaketable.fault import Drop, Latency, Partition
from shaketable.schedule import Do, Heal, Wait

NOTED = Do("noted", {"sale": "s1"})


def _cut_off(for_ms: int, receiver: str = "bank") -> Partition:
    return Partition(sender="shop", receiver=receiver, for_ms=for_ms)


def a_partition_closes_nothing_until_it_heals(stage: Stage) -> None:
    """What was lost stays lost; its sender hears of it when the partition ends, not before."""
    for receiver, effect in (("bank", "pay"), ("postgres", "commit"), ("kafka", "append")):
        story = stage.play(_cut_off(3_000, receiver), buy(), RETURNED)
        story.landed("partition")
        begun, healed = story.the("fault", "partition"), story.the("heal", "partition")
        story.due("the heal", healed.time_ms - begun.time_ms, 3_000)
        story.equal("the heal names its fault", healed.ref, begun.index)
        story.answered(3_000)
        for event in story.events("effect", effect):
            story.at_least(f"what passes to {receiver}", event.time_ms, healed.time_ms)
        if receiver == "bank":  # a driver may begin a transaction again, or connect again, without saying so
            story.outcome("info", "ConnectionLost")
            story.equal("payments", story.paid, [])


def a_partition_longer_than_the_senders_patience_is_a_timeout(stage: Stage) -> None:
    story = stage.play(_cut_off(LONG_MS), buy(), RETURNED)
    story.landed("partition")
    story.outcome("info", "Timeout")
    story.answered(PAY_TIMEOUT_MS)
    story.equal("payments", story.paid, [])


def a_partition_is_of_one_link(stage: Stage) -> None:
    story = stage.play(_cut_off(LONG_MS), NOTED, buy(), RETURNED)
    story.outcome("ok", {"note": None}, n=0)
    story.answered(0, n=0)
    story.outcome("info", "Timeout", n=1)


def a_heal_ends_a_partition_at_that_instant(stage: Stage) -> None:
    """Not at the end of the run: what is sent right after it arrives, though `for_ms` is far from over."""
    story = stage.play(_cut_off(LONG_MS), Wait(1_000), Heal(), buy(), RETURNED)
    begun, healed = story.the("fault", "partition"), story.the("heal", "partition")
    story.due("the heal", healed.time_ms - begun.time_ms, 1_000)
    story.outcome("ok")
    story.answered(0)


def a_partition_ends_by_itself(stage: Stage) -> None:
    story = stage.play(_cut_off(1_000), healed(), buy())
    story.outcome("ok")
    story.answered(0)


def overlapping_faults_heal_separately(stage: Stage) -> None:
    """Three on one link: each ends when it is over, and the link carries again after the last partition only."""
    latency = Latency(sender="shop", receiver="bank", delay_ms=500, for_ms=LONG_MS)
    cut_off = (_cut_off(1_000), _cut_off(4_000))
    story = stage.play(latency, *cut_off, healed(), buy("s1"), healed(2), buy("s2"), RETURNED)
    ends = {e.ref: e.time_ms for e in story.events("heal")}
    first, second = story.events("fault", "partition")
    story.due("the end of the first partition", ends.get(first.index, -1) - first.time_ms, 1_000)
    story.due("the end of the second partition", ends.get(second.index, -1) - second.time_ms, 4_000)
    story.at_least("the second after the first", ends[second.index] - ends[first.index], 2_900)
    story.equal("payments", story.paid, ["s2"])
    story.outcome("info", n=0, result=_lost(story.took_ms(0)))
    story.outcome("ok", n=1)
    story.at_least("the answer under latency", story.took_ms(1), 1_000)
    story.equal("receipts", sorted(r.name for r in story.events("receipt")), ["latency", "partition"])


def latency_delays_both_legs_and_leaves_one_receipt(stage: Stage) -> None:
    latency = Latency(sender="shop", receiver="bank", delay_ms=500, for_ms=LONG_MS)
    story = stage.play(latency, buy("s1"), RETURNED, buy("s2"), RETURNED)
    story.landed("latency")
    for n in (0, 1):
        story.outcome("ok", n=n)
        story.answered(1_000, n=n)
        paid = story.events("effect", "pay")[n]
        story.due("the payment", paid.time_ms - story.op(n).invoked.time_ms, 500, path_ms=PATH_MS)


def latency_ends_by_itself(stage: Stage) -> None:
    latency = Latency(sender="shop", receiver="bank", delay_ms=stage.claims.late_ms + 1_000, for_ms=500)
    story = stage.play(latency, healed(), buy(), RETURNED)
    story.never_landed()
    story.answered(0)


def a_heal_disarms_what_has_not_happened(stage: Stage) -> None:
    story = stage.play(Drop(at=PAY, leg="request"), Heal(), buy())
    story.never_landed()
    story.outcome("ok")


def a_link_without_traffic_leaves_no_receipt(stage: Stage) -> None:
    story = stage.play(
        _cut_off(500), Latency(sender="postgres", receiver="shop", delay_ms=500, for_ms=500), NOTED
    )
    story.never_landed()
    story.outcome("ok")


def _lost(took_ms: int) -> str:
    """Whoever waits in a partition hears of its end, or gives up before."""
    return "ConnectionLost" if took_ms < PAY_TIMEOUT_MS else "Timeout"
