"""Clauses on byte-level faults: with Toxiproxy each acts measurably and leaves a receipt; else the run is unknown."""

from __future__ import annotations

from shaketable.conformance.messages import COMMIT
from shaketable.conformance.moments import RETURNED, Until
from shaketable.conformance.played_run import LONG_MS, PATH_MS, PlayedRun
from shaketable.conformance.world_under_test import WorldUnderTest, buy
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


def bandwidth_carries_so_much_a_second(world: WorldUnderTest) -> None:
    fault = Bandwidth(sender="client", receiver="shop", for_ms=LONG_MS, rate_kb_s=50)
    run = play_byte_fault(world, fault, Do("weigh", {"kb": 100}), RETURNED)
    if run is not None:
        run.outcome("ok", {"bytes": 102_400})
        run.at_least("100 kB at 50 kB/s", run.took_ms(), 1_900)


def a_slicer_takes_its_time_between_slices(world: WorldUnderTest) -> None:
    fault = Slicer(sender="client", receiver="shop", for_ms=LONG_MS, size_bytes=1_000, delay_us=50_000)
    run = play_byte_fault(world, fault, Do("weigh", {"kb": 20}), RETURNED)
    if run is not None:
        run.outcome("ok", {"bytes": 20_480})
        run.at_least("20 slices, 50 ms apart", run.took_ms(), 950)


def a_data_limit_ends_a_connection_inside_a_message(world: WorldUnderTest) -> None:
    fault = LimitData(sender="client", receiver="shop", for_ms=LONG_MS, limit_bytes=4_000)
    run = play_byte_fault(world, fault, Do("weigh", {"kb": 100}), RETURNED, Heal(), Do("weigh", {"kb": 100}))
    if run is not None:
        run.outcome("info", "ConnectionLost")
        run.outcome("ok", {"bytes": 102_400}, n=1)


def a_slow_close_keeps_the_other_end_waiting(world: WorldUnderTest) -> None:
    """Check that the row of a connection that is cut before COMMIT stays locked until the database hears of the end."""
    fault = SlowClose(sender="shop", receiver="postgres", for_ms=LONG_MS, delay_ms=2_000)
    run = play_byte_fault(world, fault, Cut(at=COMMIT, leg="request"), buy(), RETURNED, buy(), RETURNED)
    if run is not None:
        run.outcome("info", "ConnectionLost", n=0)
        lock_ms = run.op(1).invoked.time_ms + run.took_ms(1) - run.landed("cut").time_ms
        run.at_least("the wait for the lock", lock_ms, 2_000 - PATH_MS)


def a_reset_peer_resets_after_the_request_was_served(world: WorldUnderTest) -> None:
    fault = ResetPeer(sender="shop", receiver="bank", for_ms=LONG_MS, after_ms=500)
    run = play_byte_fault(world, fault, buy("s1"), RETURNED, Heal(), buy("s2"))
    if run is not None:
        run.equal("payments", run.paid, ["s1", "s2"])
        run.outcome("info", "ConnectionLost", n=0)
        run.answered(500, n=0)
        run.outcome("ok", n=1)


def a_black_hole_swallows_until_its_heal_which_closes(world: WorldUnderTest) -> None:
    fault = Blackhole(sender="shop", receiver="bank", for_ms=LONG_MS)
    _out_of_reach_until_healed(world, fault, "ConnectionLost", answered_after_ms=1_000)


def a_link_that_refuses_refuses_until_its_heal(world: WorldUnderTest) -> None:
    fault = Refuse(sender="shop", receiver="bank", for_ms=LONG_MS)
    _out_of_reach_until_healed(world, fault, "Refused", answered_after_ms=0)


def two_of_a_kind_on_one_link_end_one_by_one(world: WorldUnderTest) -> None:
    slow = Bandwidth(sender="client", receiver="shop", for_ms=500, rate_kb_s=1_000)
    slower = Bandwidth(sender="client", receiver="shop", for_ms=LONG_MS, rate_kb_s=50)
    run = play_byte_fault(world, slower, slow, Wait(1_000), Do("weigh", {"kb": 100}), RETURNED)
    if run is not None:
        run.at_least("100 kB at 50 kB/s", run.took_ms(), 1_900)


def _out_of_reach_until_healed(
    world: WorldUnderTest, fault: ByteLevel, error: str, *, answered_after_ms: int
) -> None:
    """Check that the bank hears nothing for a second, and of everything again once that is over."""
    run = play_byte_fault(world, fault, buy("s1"), Wait(1_000), Heal(), buy("s2"))
    if run is not None:
        run.equal("payments", run.paid, ["s2"])
        run.outcome("info", error, n=0)
        run.answered(answered_after_ms, n=0)
        run.outcome("ok", n=1)


def play_byte_fault(
    world: WorldUnderTest, fault: ByteLevel, *steps: Step | Fault | Until
) -> PlayedRun | None:
    """Return the run when the fault landed as it should; None when this world claims no such thing and says so."""
    run = world.play(fault, *steps)
    receipts = [r for r in run.events("receipt") if r.name == name_of(fault)]
    if not world.claims.has_byte_faults:
        run.equal(f"receipts of {name_of(fault)} in a world without byte-level faults", receipts, [])
        if not run.events("receipt"):
            run.equal("void", run.void, "no fault landed")
        return None
    first = run.events("fault", name_of(fault))[0]
    run.equal(f"a receipt of {name_of(fault)}", first.index in [r.ref for r in receipts], True)
    return run
