"""Clauses on when a fault of bytes is over: by itself, at its time, and from then on bytes pass as if it had never been."""

from __future__ import annotations

from shaketable.conformance.byte_faults import spoil
from shaketable.conformance.messages import COMMIT
from shaketable.conformance.moments import RETURNED, Until
from shaketable.conformance.world_under_test import LONG_MS, Stage, Story, buy
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


def a_bandwidth_ends_in_the_middle_of_a_message(stage: Stage) -> None:
    """What is left of 100 kB, 20 s of it at that rate, comes at once."""
    story = _over(stage, Bandwidth(sender="client", receiver="shop", for_ms=FOR_MS, rate_kb_s=5), _weigh(100))
    if story is not None:
        story.outcome("ok", {"bytes": 102_400})
        story.answered(FOR_MS)


def a_slicer_ends_in_the_middle_of_a_message(stage: Stage) -> None:
    """20 slices, a second apart: the second is the last."""
    fault = Slicer(sender="client", receiver="shop", for_ms=FOR_MS, size_bytes=1_000, delay_us=1_000_000)
    story = _over(stage, fault, _weigh(20))
    if story is not None:
        story.outcome("ok", {"bytes": 20_480})
        story.answered(FOR_MS)


def a_data_limit_ends_by_itself(stage: Stage) -> None:
    fault = LimitData(sender="client", receiver="shop", for_ms=FOR_MS, limit_bytes=4_000)
    story = _over(stage, fault, _weigh(100), _later(stage), _weigh(100))
    if story is not None:
        story.outcome("info", "ConnectionLost")
        story.outcome("ok", {"bytes": 102_400}, n=1)


def a_slow_close_ends_by_itself(stage: Stage) -> None:
    """Else the row of the sale that was cut would stay locked for whoever buys next."""
    fault = SlowClose(sender="shop", receiver="postgres", for_ms=FOR_MS, delay_ms=LONG_MS)
    story = _over(stage, fault, Cut(at=COMMIT, leg="request"), buy(), RETURNED, _later(stage), buy())
    if story is not None:
        story.outcome("info", "ConnectionLost", n=0)
        story.outcome("ok", n=1)
        story.answered(0, n=1)


def a_reset_peer_ends_by_itself(stage: Stage) -> None:
    fault = ResetPeer(sender="shop", receiver="bank", for_ms=FOR_MS, after_ms=0)
    _lost_meanwhile(stage, fault, "ConnectionLost", paid=["s1", "s2"])


def a_black_hole_ends_by_itself(stage: Stage) -> None:
    _lost_meanwhile(stage, Blackhole(sender="shop", receiver="bank", for_ms=FOR_MS), "ConnectionLost")


def a_refusal_ends_by_itself(stage: Stage) -> None:
    _lost_meanwhile(stage, Refuse(sender="shop", receiver="bank", for_ms=FOR_MS), "Refused")


def _lost_meanwhile(stage: Stage, fault: ByteLevel, error: str, *, paid: list[str] | None = None) -> None:
    """Who asks the bank meanwhile gets an error, who asks later an answer."""
    story = _over(stage, fault, buy("s1"), _later(stage), buy("s2"))
    if story is not None:
        story.equal("payments", story.paid, paid or ["s2"])
        story.outcome("info", error, n=0)
        story.outcome("ok", n=1)


def _over(stage: Stage, fault: ByteLevel, *steps: Step | Fault | Until) -> Story | None:
    """The story of a fault that landed and was over when its time was; None in a world without bytes."""
    story = spoil(stage, fault, *steps, RETURNED)
    if story is not None:
        begun, ended = story.events("fault", name_of(fault))[0], story.the("heal", name_of(fault))
        story.equal("the heal names its fault", ended.ref, begun.index)
        story.due("its end", ended.time_ms - begun.time_ms, FOR_MS)
    return story


def _later(stage: Stage) -> Wait:
    """Until it must be over, however late this world may be."""
    return Wait(FOR_MS + stage.claims.late_ms)


def _weigh(kb: int) -> Do:
    return Do("weigh", {"kb": kb})
