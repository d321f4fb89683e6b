"""A fault of a link in force: every world keeps it by link, and writes one receipt when it first lands."""

from __future__ import annotations

from typing import assert_never

from shaketable.fault import Latency, Partition, PoolExhausted, WireLink


class LinkState:
    """A fault in force that the wire itself makes, on one link or on those of several replicas.

    `event` is its fault event in the history. `landed` becomes True with the first message that it changes.
    """

    __slots__ = ("event", "fault", "landed")

    def __init__(self, fault: WireLink, event: int) -> None:
        self.fault = fault
        self.event = event
        self.landed = False

    @property
    def delay_ms(self) -> int | None:
        """How much longer each leg takes; None if it is lost."""
        match self.fault:
            case Latency(delay_ms=delay_ms):
                return delay_ms
            case Partition():
                return None
            case PoolExhausted():
                return 0
            case _:
                assert_never(self.fault)

    @property
    def refuses_sessions(self) -> bool:
        """Whether a database begins no session for the sender."""
        return isinstance(self.fault, PoolExhausted)
