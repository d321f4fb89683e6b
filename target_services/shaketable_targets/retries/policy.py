"""The policy of a retry: whether a call that failed is tried again, and after how long a wait. It keeps nothing of a call."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Protocol

DECLARED: tuple[type[Exception], ...] = (ConnectionError, TimeoutError)
"""What is tried again. A ConnectionError says that the request was refused, a TimeoutError says nothing."""


class Clock(Protocol):
    """`now_ms` never goes back; `time_s` is a wall clock that may be set."""

    def now_ms(self) -> int: ...
    def time_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """`attempts` has the first one in it. Waits double from `wait_ms` up to `wait_max_ms`; none ends behind `budget_ms`."""

    attempts: int = 4
    wait_ms: int = 200
    wait_max_ms: int = 1_000
    budget_ms: int = 5_000
    repeats_none: bool = False


class Policy:
    """Decides by what a call has behind it: attempts that failed, and when it began."""

    def __init__(self, clock: Clock, settings: Settings, seed: int = 0) -> None:
        self.clock = clock
        self.settings = settings
        self._random = random.Random(seed)

    def now_ms(self) -> int:
        return self.clock.now_ms()

    def next_wait_ms(
        self, failed: int, started_ms: int, error: Exception | None, idempotent: bool
    ) -> int | None:
        """Return how long to wait until the next attempt, None if there is none. `error` is None for a result of None."""
        if failed >= self.settings.attempts or not self.may_repeat(error, idempotent):
            return None
        wait_ms = self.wait_ms(failed)
        if self.now_ms() + wait_ms > started_ms + self.settings.budget_ms:
            return None
        return wait_ms

    def may_repeat(self, error: Exception | None, idempotent: bool) -> bool:
        """Tell whether a request may be sent again: one that surely did nothing always, another one if it is idempotent."""
        return idempotent or not isinstance(error, TimeoutError)

    def wait_ms(self, failed: int) -> int:
        """Return the wait behind so many attempts: half of it is fixed, and half at random, so that callers part."""
        longest_ms = min(self.settings.wait_max_ms, self.settings.wait_ms << (failed - 1))
        return longest_ms // 2 + round(self.fraction() * (longest_ms - longest_ms // 2))

    def fraction(self) -> float:
        return self._random.random()
