"""limits 5.8.0, sync, on its storage in memory: the log that it calls moving window, and the sliding window counter.

`MemoryStorage.get` looks whether a counter is over and drops it outside the lock under which `incr` counts: between the two another
thread has begun the next one, and that is dropped. Issue 26 asks whether the storage is safe for threads; pull request 352 found
another place of it that is not, and was merged after this version. That two calls which meet may both be refused is documented where
`acquire_sliding_window_entry` takes a hit back. Its storage has a thread of its own, which only frees memory: here there is none.
"""

from collections import Counter, defaultdict
from threading import RLock

from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import (
    MovingWindowRateLimiter,
    RateLimiter,
    SlidingWindowCounterRateLimiter,
)

LOG: dict[str, str | int | float | bool] = {
    "algorithm": "sliding_log",
    "rate": 3,
    "period_ms": 1_000,
    "clock": "wall",
    "store_lost": "none",
}
COUNTER = {**LOG, "algorithm": "sliding_counter", "together": "may_refuse"}


class _Memory(MemoryStorage):
    def __init__(self) -> None:
        self.storage, self.locks = Counter(), defaultdict(RLock)
        self.expirations, self.events = {}, {}

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802
        return


class LimitsAdapter:
    """One of its strategies; both workers are threads of one process."""

    def __init__(self, make: type[RateLimiter]) -> None:
        self._limiter = make(_Memory())
        self._limit = RateLimitItemPerSecond(3)

    def admit(self, key: str, worker: str) -> bool:
        return self._limiter.hit(self._limit, key)


def log(_clock: object) -> LimitsAdapter:
    return LimitsAdapter(MovingWindowRateLimiter)


def counter(_clock: object) -> LimitsAdapter:
    return LimitsAdapter(SlidingWindowCounterRateLimiter)
