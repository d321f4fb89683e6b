"""The virtual clock of a component: whole milliseconds inside, seconds as floats outside.

Those seconds are exact only at multiples of 125 ms (an eighth is a binary fraction): a schedule that tests a limit to
the millisecond in a library that adds floats tests the rounding instead.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

WALL_START_S = 1_700_000_000
MONOTONIC_START_S = 4_096


class Clock(Protocol):
    """The clock that a factory is given, for components that take their time from outside."""

    def monotonic_s(self) -> float:
        """Return seconds that never go back."""
        ...

    def time_s(self) -> float:
        """Return the seconds of the wall clock, which may step."""
        ...

    def now_ms(self) -> int:
        """Return the virtual milliseconds since the run began."""
        ...

    def node(self, name: str, /) -> Clock:
        """Return the clock of one node, for a component that plays several: a clock step of that name steps it alone."""
        ...


class VirtualClock:
    """Time that moves only when the driver moves it. `node_offsets_ms` are the steps of the nodes' wall clocks, by name."""

    __slots__ = ("elapsed_ms", "node_offsets_ms", "wall_offset_ms")

    def __init__(self) -> None:
        self.elapsed_ms = 0
        self.wall_offset_ms = 0
        self.node_offsets_ms: dict[str, int] = {}

    def monotonic_s(self) -> float:
        return MONOTONIC_START_S + self.elapsed_ms / 1000

    def monotonic_ns(self) -> int:
        return MONOTONIC_START_S * 1_000_000_000 + self.elapsed_ms * 1_000_000

    def time_s(self) -> float:
        return WALL_START_S + (self.elapsed_ms + self.wall_offset_ms) / 1000

    def now_ms(self) -> int:
        return self.elapsed_ms

    def node(self, name: str) -> Clock:
        self.node_offsets_ms.setdefault(name, 0)  # a node that is made anew after a crash keeps its clock
        return _NodeClock(self, name)

    def wall_passed(self) -> timedelta:
        """Return how far the wall clock is past `WALL_START_S`, exactly; floats would lose the milliseconds."""
        return timedelta(milliseconds=self.elapsed_ms + self.wall_offset_ms)


class _NodeClock:
    """The clock of one node: the same time for all, and a wall clock of its own."""

    __slots__ = ("_clock", "_name")

    def __init__(self, clock: VirtualClock, name: str) -> None:
        self._clock = clock
        self._name = name

    def monotonic_s(self) -> float:
        return self._clock.monotonic_s()

    def time_s(self) -> float:
        return self._clock.time_s() + self._clock.node_offsets_ms[self._name] / 1000

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def node(self, name: str) -> Clock:
        return self._clock.node(name)
