"""Bulkheads: limits on how many calls run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from shaketable import Profile, bulkhead
from shaketable.subject import Subject

WAITS = Profile("three at once, and others wait", {"permits": 3, "max_wait_ms": -1})


def anyio() -> Subject:
    """Return the limiter of anyio, on asyncio."""
    from anyio import CapacityLimiter

    class Limiter:
        rejections = ()

        def __init__(self, _clock: object) -> None:
            self._limiter = CapacityLimiter(3)

        async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
            async with self._limiter:
                return await fn()

    return bulkhead("bulkhead/anyio", Limiter, profile=WAITS, sync=False, time="injected")
