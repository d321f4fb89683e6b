"""limits 5.8.0, sync, on its storage in memory: the fixed window that a call opens, the log it calls moving window, and the counter.

Its storage has a thread of its own, which only frees memory: here there is none. Its strategies read `time.time()`.
"""

from collections import Counter, defaultdict
from threading import RLock

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import (
    FixedWindowRateLimiter,
    MovingWindowRateLimiter,
    RateLimiter,
    SlidingWindowCounterRateLimiter,
)

WINDOW: dict[str, str | int | float | bool] = {
    "algorithm": "fixed_window",
    "rate": 3,
    "period_ms": 1_000,
    "clock": "wall",
    "store_lost": "none",
}
LOG = {**WINDOW, "algorithm": "sliding_log"}
COUNTER = {**WINDOW, "algorithm": "sliding_counter"}


class _Memory(MemoryStorage):
    def __init__(self) -> None:
        self.storage, self.locks = Counter(), defaultdict(RLock)
        self.expirations, self.events = {}, {}

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802
        return


class LimitsAdapter:
    """One of its strategies; both workers are threads of one process."""

    def __init__(self, make: type[RateLimiter] = FixedWindowRateLimiter) -> None:
        self._limiter = make(_Memory())
        self._limit = RateLimitItemPerSecond(3)

    def admit(self, key: str, worker: str) -> bool:
        return self._limiter.hit(self._limit, key)


def window(_clock: object) -> LimitsAdapter:
    return LimitsAdapter()


def log(_clock: object) -> LimitsAdapter:
    return LimitsAdapter(MovingWindowRateLimiter)


def counter(_clock: object) -> LimitsAdapter:
    return LimitsAdapter(SlidingWindowCounterRateLimiter)
