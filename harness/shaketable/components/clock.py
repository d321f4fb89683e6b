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


class VirtualClock:
    """Time that moves only when the driver moves it."""

    __slots__ = ("elapsed_ms", "wall_offset_ms")

    def __init__(self) -> None:
        self.elapsed_ms = 0
        self.wall_offset_ms = 0

    def monotonic_s(self) -> float:
        return MONOTONIC_START_S + self.elapsed_ms / 1000

    def monotonic_ns(self) -> int:
        return MONOTONIC_START_S * 1_000_000_000 + self.elapsed_ms * 1_000_000

    def time_s(self) -> float:
        return WALL_START_S + (self.elapsed_ms + self.wall_offset_ms) / 1000

    def now_ms(self) -> int:
        return self.elapsed_ms

    def wall_passed(self) -> timedelta:
        """Return how far the wall clock is past `WALL_START_S`, exactly; floats would lose the milliseconds."""
        return timedelta(milliseconds=self.elapsed_ms + self.wall_offset_ms)
