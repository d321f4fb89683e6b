"""A test of your rate limiter, written by `shaketable init rate_limiter --asyncio`. Run it: `pytest test_my_rate_limiter_asyncio.py`.

1. It is green. Write `Mistaken` for `MyRateLimiter` in the line `CERTIFIED = ...` and run it again: it is red, and a story says why.
2. Put your own class, or an adapter of it, in the place of MyRateLimiter, and declare in PROFILE how that one behaves.
3. Keep it in your CI; `--shaketable-profile soak` tries more. `docs/components.md` of shaketable says what a class may offer.
"""

from __future__ import annotations

import time

from shaketable import certify, rate_limiter


class MyRateLimiter:
    """A token bucket for each key: 20 calls at once, and 10 more a second. All workers of the process share it."""

    rejections = ()  # the errors by which it refuses a call; False refuses it too

    def __init__(self, _clock: object) -> None:
        self._buckets: dict[
            str, tuple[int, int]
        ] = {}  # tenths of a thousandth of a call, and when they were counted

    async def admit(self, key: str, worker: str) -> bool:
        now_ms = time.monotonic_ns() // 1_000_000
        left, at_ms = self._buckets.get(key, (20_000, now_ms))
        left = min(20_000, left + self.refill(now_ms - at_ms))
        admitted = left >= 1_000
        self._buckets[key] = left - 1_000 * admitted, now_ms
        return admitted

    def refill(self, passed_ms: int) -> int:
        return passed_ms * 10


class Mistaken(MyRateLimiter):
    """The planted mistake: a tenth of a second that is not over yet is forgotten at each call."""

    def refill(self, passed_ms: int) -> int:
        return passed_ms // 100 * 1_000


CERTIFIED = MyRateLimiter  # the planted mistake: CERTIFIED = Mistaken

PROFILE: dict[str, str | int | float | bool] = {
    "algorithm": "token_bucket",  # or gcra, leaky_bucket, fixed_window, sliding_log, sliding_counter
    "rate": 10,  # so many calls come back, or are admitted by a window, in each period
    "period_ms": 1_000,  # the period
    "burst": 20,  # buckets: so many calls are admitted at once; 0 for windows
    "starts": "full",  # a bucket that is new; or empty
    "refill": "continuous",  # one by one; interval: all of them once a period
    "window_from": "first_call",  # a fixed window begins with a call; clock: at multiples of the period
    "clock": "monotonic",  # whose time it goes by; or store, or wall, which may be set
    "store_lost": "none",  # it has no store; or open, closed, raises: how a call ends that its store does not answer
    "excess": "refuse",  # what becomes of a call too many; or wait
    "max_wait_ms": 0,  # a call that would wait longer is refused; 0: it waits for as long as it takes
    "cancelled": "gives_back",  # a call that is cancelled while it waits gives its turn back; or keeps_slot
    "refused": "consumes_nothing",  # a refused call does not count; or consumes
    "together": "exact",  # calls in flight together: as many as there is room for; or may_refuse
    "keys": "each",  # a budget for each key; or one
    "workers": "share",  # one budget for all workers; or own
    "resolution_ms": 1,  # the step of the clock it counts by
}


def test_my_rate_limiter_asyncio() -> None:
    """Certify it: it has to keep every promise however calls come, at every instant."""
    certify(rate_limiter("my-rate-limiter", CERTIFIED, profile=PROFILE, sync=False))
