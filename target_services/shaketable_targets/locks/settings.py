"""What both locks have in common: their times, and the clocks and fault points that they are given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """lockAtMostFor and lockAtLeastFor; with `renew_ms` a holder extends its lease so often by itself."""

    lease_ms: int = 10_000
    at_least_ms: int = 0
    renew_ms: int = 0


class Clock(Protocol):
    """The time of one node, or of the store: `now_ms` is true, `time_s` is a wall clock that may be stepped."""

    def now_ms(self) -> int: ...
    def time_s(self) -> float: ...
    def node(self, name: str, /) -> Clock: ...


class Points(Protocol):
    """Places at which a message to the outside can go wrong, and what stands outside; `reach` is awaited by asyncio code."""

    def reach(self, point: str, /) -> Any: ...
    def durable(self, name: str, make: Callable[[], T], /) -> T: ...
