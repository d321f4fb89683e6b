"""Clauses on the end of byte-level faults: by themselves, in time, and from then on bytes pass as if none had been."""

from __future__ import annotations

from shaketable.conformance.byte_faults import play_byte_fault
from shaketable.conformance.messages import COMMIT
from shaketable.conformance.moments import RETURNED, Until
from shaketable.conformance.played_run import LONG_MS, PlayedRun
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
from shaketable.schedule import Do, Step, Wait

FOR_MS = 1_000


def a_bandwidth_ends_in_the_middle_of_a_message(world: WorldUnderTest) -> None:
    """Check that the rest of 100 kB, which at that rate would take 20 s, comes at once."""
    run = _over(world, Bandwidth(sender="client", receiver="shop", for_ms=FOR_MS, rate_kb_s=5), _weigh(100))
    if run is not None:
        run.outcome("ok", {"bytes": 102_400})
        run.answered(FOR_MS)


def a_slicer_ends_in_the_middle_of_a_message(world: WorldUnderTest) -> None:
    """Check that of 20 slices, a second apart, the second is the last."""
    fault = Slicer(sender="client", receiver="shop", for_ms=FOR_MS, size_bytes=1_000, delay_us=1_000_000)
    run = _over(world, fault, _weigh(20))
    if run is not None:
        run.outcome("ok", {"bytes": 20_480})
        run.answered(FOR_MS)


def a_data_limit_ends_by_itself(world: WorldUnderTest) -> None:
    fault = LimitData(sender="client", receiver="shop", for_ms=FOR_MS, limit_bytes=4_000)
    run = _over(world, fault, _weigh(100), _later(world), _weigh(100))
    if run is not None:
        run.outcome("info", "ConnectionLost")
        run.outcome("ok", {"bytes": 102_400}, n=1)


def a_slow_close_ends_by_itself(world: WorldUnderTest) -> None:
    """Check that the row of the sale that was cut does not stay locked for the next one."""
    fault = SlowClose(sender="shop", receiver="postgres", for_ms=FOR_MS, delay_ms=LONG_MS)
    run = _over(world, fault, Cut(at=COMMIT, leg="request"), buy(), RETURNED, _later(world), buy())
    if run is not None:
        run.outcome("info", "ConnectionLost", n=0)
        run.outcome("ok", n=1)
        run.answered(0, n=1)


def a_reset_peer_ends_by_itself(world: WorldUnderTest) -> None:
    fault = ResetPeer(sender="shop", receiver="bank", for_ms=FOR_MS, after_ms=0)
    _lost_meanwhile(world, fault, "ConnectionLost", paid=["s1", "s2"])


def a_black_hole_ends_by_itself(world: WorldUnderTest) -> None:
    _lost_meanwhile(world, Blackhole(sender="shop", receiver="bank", for_ms=FOR_MS), "ConnectionLost")


def a_refusal_ends_by_itself(world: WorldUnderTest) -> None:
    _lost_meanwhile(world, Refuse(sender="shop", receiver="bank", for_ms=FOR_MS), "Refused")


def _lost_meanwhile(
    world: WorldUnderTest, fault: ByteLevel, error: str, *, paid: list[str] | None = None
) -> None:
    """Check that a request to the bank meanwhile gets an error, and a later one an answer."""
    run = _over(world, fault, buy("s1"), _later(world), buy("s2"))
    if run is not None:
        run.equal("payments", run.paid, paid or ["s2"])
        run.outcome("info", error, n=0)
        run.outcome("ok", n=1)


def _over(world: WorldUnderTest, fault: ByteLevel, *steps: Step | Fault | Until) -> PlayedRun | None:
    """Return the run of a fault that landed and was over in time; None in a world without byte-level faults."""
    run = play_byte_fault(world, fault, *steps, RETURNED)
    if run is not None:
        begun, ended = run.events("fault", name_of(fault))[0], run.the("heal", name_of(fault))
        run.equal("the heal names its fault", ended.ref, begun.index)
        run.due("its end", ended.time_ms - begun.time_ms, FOR_MS)
    return run


def _later(world: WorldUnderTest) -> Wait:
    """Wait until it must be over, however late this world may be."""
    return Wait(FOR_MS + world.claims.late_ms)


def _weigh(kb: int) -> Do:
    return Do("weigh", {"kb": kb})
