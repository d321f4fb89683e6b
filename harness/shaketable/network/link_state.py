"""A latency or partition in force: every world keeps it by link, and writes one receipt when it first lands."""

from __future__ import annotations

from typing import assert_never

from shaketable.fault import Latency, Partition


class LinkState:
    """A latency or partition in force, on one link or on those of several replicas.

    `event` is its fault event in the history. `landed` becomes True with the first message that it changes.
    """

    __slots__ = ("event", "fault", "landed")

    def __init__(self, fault: Partition | Latency, event: int) -> None:
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
            case _:
                assert_never(self.fault)
