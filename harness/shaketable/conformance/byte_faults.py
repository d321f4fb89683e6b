"""Clauses on bytes: with Toxiproxy each fault acts measurably and leaves a receipt; without it the run is unknown."""

from __future__ import annotations

from shaketable.conformance.messages import COMMIT
from shaketable.conformance.moments import RETURNED, Until
from shaketable.conformance.world_under_test import LONG_MS, PATH_MS, Stage, Story, buy
from shaketable.fault import (
    Bandwidth,
    Blackhole,
    ByteLevel,
    Cut,
    Fault,
    LimitData,
    Refuse,
    ResetPeer,
    Slicer,
    SlowClose,
    name_of,
)
from shaketable.schedule import Do, Heal, Step, Wait


def bandwidth_carries_so_much_a_second(stage: Stage) -> None:
    fault = Bandwidth(sender="client", receiver="shop", for_ms=LONG_MS, rate_kb_s=50)
    story = spoil(stage, fault, Do("weigh", {"kb": 100}), RETURNED)
    if story is not None:
        story.outcome("ok", {"bytes": 102_400})
        story.at_least("100 kB at 50 kB/s", story.took_ms(), 1_900)


def a_slicer_takes_its_time_between_slices(stage: Stage) -> None:
    fault = Slicer(sender="client", receiver="shop", for_ms=LONG_MS, size_bytes=1_000, delay_us=50_000)
    story = spoil(stage, fault, Do("weigh", {"kb": 20}), RETURNED)
    if story is not None:
        story.outcome("ok", {"bytes": 20_480})
        story.at_least("20 slices, 50 ms apart", story.took_ms(), 950)


def a_data_limit_ends_a_connection_inside_a_message(stage: Stage) -> None:
    fault = LimitData(sender="client", receiver="shop", for_ms=LONG_MS, limit_bytes=4_000)
    story = spoil(stage, fault, Do("weigh", {"kb": 100}), RETURNED, Heal(), Do("weigh", {"kb": 100}))
    if story is not None:
        story.outcome("info", "ConnectionLost")
        story.outcome("ok", {"bytes": 102_400}, n=1)


def a_slow_close_keeps_the_other_end_waiting(stage: Stage) -> None:
    """The shop's connection is cut before COMMIT: its row stays locked until the database hears of the end."""
    fault = SlowClose(sender="shop", receiver="postgres", for_ms=LONG_MS, delay_ms=2_000)
    story = spoil(stage, fault, Cut(at=COMMIT, leg="request"), buy(), RETURNED, buy(), RETURNED)
    if story is not None:
        story.outcome("info", "ConnectionLost", n=0)
        lock_ms = story.op(1).invoked.time_ms + story.took_ms(1) - story.landed("cut").time_ms
        story.at_least("who waits for the lock", lock_ms, 2_000 - PATH_MS)


def a_reset_peer_resets_after_the_request_was_served(stage: Stage) -> None:
    fault = ResetPeer(sender="shop", receiver="bank", for_ms=LONG_MS, after_ms=500)
    story = spoil(stage, fault, buy("s1"), RETURNED, Heal(), buy("s2"))
    if story is not None:
        story.equal("payments", story.paid, ["s1", "s2"])
        story.outcome("info", "ConnectionLost", n=0)
        story.answered(500, n=0)
        story.outcome("ok", n=1)


def a_black_hole_swallows_until_its_heal_which_closes(stage: Stage) -> None:
    fault = Blackhole(sender="shop", receiver="bank", for_ms=LONG_MS)
    _out_of_reach_until_healed(stage, fault, "ConnectionLost", answered_after_ms=1_000)


def a_link_that_refuses_refuses_until_its_heal(stage: Stage) -> None:
    fault = Refuse(sender="shop", receiver="bank", for_ms=LONG_MS)
    _out_of_reach_until_healed(stage, fault, "Refused", answered_after_ms=0)


def two_of_a_kind_on_one_link_end_one_by_one(stage: Stage) -> None:
    slow = Bandwidth(sender="client", receiver="shop", for_ms=500, rate_kb_s=1_000)
    slower = Bandwidth(sender="client", receiver="shop", for_ms=LONG_MS, rate_kb_s=50)
    story = spoil(stage, slower, slow, Wait(1_000), Do("weigh", {"kb": 100}), RETURNED)
    if story is not None:
        story.at_least("100 kB at 50 kB/s", story.took_ms(), 1_900)


def _out_of_reach_until_healed(stage: Stage, fault: ByteLevel, error: str, *, answered_after_ms: int) -> None:
    """The bank hears nothing for a second, and of everything again once that is over."""
    story = spoil(stage, fault, buy("s1"), Wait(1_000), Heal(), buy("s2"))
    if story is not None:
        story.equal("payments", story.paid, ["s2"])
        story.outcome("info", error, n=0)
        story.answered(answered_after_ms, n=0)
        story.outcome("ok", n=1)


def spoil(stage: Stage, fault: ByteLevel, *steps: Step | Fault | Until) -> Story | None:
    """The story when the fault landed as it should; None when this world claims no such thing and said so."""
    story = stage.play(fault, *steps)
    receipts = [r for r in story.events("receipt") if r.name == name_of(fault)]
    if not stage.claims.spoils_bytes:
        story.equal(f"receipts of {name_of(fault)} in a world without bytes", receipts, [])
        if not story.events("receipt"):
            story.equal("worth", story.worth, "no fault landed")
        return None
    first = story.events("fault", name_of(fault))[0]
    story.equal(f"a receipt of {name_of(fault)}", first.index in [r.ref for r in receipts], True)
    return story
