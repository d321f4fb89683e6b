"""What the stores have in common: their times, what they are given, and how they refuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """How long a key may be in progress, how long its outcome is kept, and with `renew_ms` how often a caller that works says so."""

    lease_ms: int = 10_000
    retention_ms: int = 60_000
    renew_ms: int = 0


class Clock(Protocol):
    """The store's time, since it began and as its wall clock tells it."""

    def now_ms(self) -> int: ...
    def time_s(self) -> float: ...


class Points(Protocol):
    """Places at which a message to the outside can go wrong, and what stands outside; `reach` is awaited by asyncio code."""

    def reach(self, point: str, /) -> Any: ...
    def durable(self, name: str, make: Callable[[], T], /) -> T: ...


class InProgress(Exception):
    """Another caller works on the key: ask again later."""


class OtherPayload(Exception):
    """The key was used with another payload."""


class Lost(Exception):
    """The key became another's while its caller worked: the effect is there, and perhaps the other's too."""
