"""What the limiters have in common: their law, and the clock and the fault points that they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """`rate` calls come back in each `period_ms`, up to `burst`; `fails_open` says how a call ends without its store."""

    rate: int = 10
    period_ms: int = 1_000
    burst: int = 20
    fails_open: bool = False

    @property
    def full(self) -> int:
        """What a full bucket holds, in parts of a call: `period_ms` of them are one, so that nothing is rounded."""
        return self.burst * self.period_ms

    @property
    def full_ms(self) -> int:
        """The time in which an empty bucket is full again."""
        return -(-self.full // self.rate)


class Clock(Protocol):
    """`now_ms` and `monotonic_s` never go back; `time_s` is a wall clock that may be set; `node` is the clock of one worker."""

    def now_ms(self) -> int: ...
    def monotonic_s(self) -> float: ...
    def time_s(self) -> float: ...
    def node(self, name: str, /) -> Clock: ...


class Points(Protocol):
    """Places at which a message to the outside can go wrong, and what stands outside; `reach` is awaited by asyncio code."""

    def reach(self, point: str, /) -> Any: ...
    def durable(self, name: str, make: Callable[[], T], /) -> T: ...
