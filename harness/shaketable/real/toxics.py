"""The toxic of each byte-level fault at Toxiproxy, and the evidence that one has acted.

What each toxic really does was measured on a 2.12 server (docs/faults.md says what we make of it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

from shaketable.fault import Bandwidth, Blackhole, ByteLevel, LimitData, Refuse, ResetPeer, Slicer, SlowClose
from shaketable.real.tap.edge import Passed

STREAMS = ("upstream", "downstream")


@dataclass(frozen=True, slots=True)
class Toxic:
    """A toxic as Toxiproxy takes it, on the given streams."""

    type: str
    attributes: Mapping[str, int]
    streams: tuple[str, ...] = STREAMS


def toxic_for(fault: ByteLevel, scale: float) -> Toxic | None:
    """Return the toxic that does `fault`; None for what is no toxic but a switch of the proxy.

    A fault's figures are of schedule time, a toxic's of real time: `scale` of the one's milliseconds are one of the
    other's.
    """
    match fault:
        case Bandwidth(rate_kb_s=rate):
            return Toxic("bandwidth", {"rate": round(rate * scale)})
        case Slicer(size_bytes=size, delay_us=delay):
            return Toxic("slicer", {"average_size": size, "size_variation": 0, "delay": round(delay / scale)})
        case LimitData(limit_bytes=limit):
            return Toxic("limit_data", {"bytes": limit})
        case SlowClose(delay_ms=delay):
            return Toxic("slow_close", {"delay": round(delay / scale)})
        case ResetPeer(after_ms=after):
            return Toxic("reset_peer", {"timeout": round(after / scale)}, ("downstream",))
        case Blackhole():
            return Toxic("timeout", {"timeout": 0})  # 0: data vanishes, nothing closes until it is removed
        case Refuse():
            return None
        case _:
            assert_never(fault)


def has_acted(fault: ByteLevel, before: Passed, after: Passed) -> bool:
    """Tell whether what passed meanwhile met `fault`, for Toxiproxy does not say. A refusal has its receipt at once."""
    match fault:
        case Refuse():
            return False
        case SlowClose():
            return after.ended > before.ended
        case LimitData(limit_bytes=limit):
            return after.bytes - before.bytes > limit
        case ResetPeer():  # it concerns new connections only
            return after.accepted > before.accepted and after.bytes > before.bytes
        case Bandwidth() | Slicer() | Blackhole():
            return after.bytes > before.bytes
        case _:
            assert_never(fault)
