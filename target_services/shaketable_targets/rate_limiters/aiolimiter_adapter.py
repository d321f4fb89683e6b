"""aiolimiter 1.3.0, asyncio: a leaky bucket whose calls wait. It goes by the time of the loop.

Its documentation lets `max_rate` calls go at once, and as many again in each `time_period`.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Any

from aiolimiter import AsyncLimiter

PROFILE: dict[str, str | int | float | bool] = {
    "algorithm": "leaky_bucket",
    "rate": 10,
    "period_ms": 1_000,
    "burst": 5,
    "clock": "monotonic",
    "store_lost": "none",
    "excess": "wait",
}


class _WholeMs:
    """The loop of virtual time, whose timers are of whole milliseconds: one that is due in less has to come in the next."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    def call_at(self, when_s: float, callback: Callable[..., object]) -> Any:
        now_ms = round(self._loop.time() * 1_000)
        return self._loop.call_later(
            (max(now_ms + 1, math.ceil(when_s * 1_000 - 1e-6)) - now_ms) / 1_000, callback
        )


class _Limiter(AsyncLimiter):
    @property
    def _loop(self) -> Any:
        return _WholeMs(asyncio.get_running_loop())


class AiolimiterAdapter:
    """A limiter for each key, as its users keep them; both workers are tasks of one process."""

    def __init__(self, _clock: object) -> None:
        self._limiters: dict[str, AsyncLimiter] = {}

    async def admit(self, key: str, worker: str) -> bool:
        await self._limiters.setdefault(key, _Limiter(5, 0.5)).acquire()
        return True
