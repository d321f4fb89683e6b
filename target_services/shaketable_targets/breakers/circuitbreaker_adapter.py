"""circuitbreaker 2.1.3, sync and asyncio. It imports `time.monotonic` by name, which time-machine leaves alone."""

from collections.abc import Awaitable, Callable

import circuitbreaker  # type: ignore[import-untyped]

from shaketable_targets.breakers import TEXTBOOK

TIME = "substituted"
# Its README: failures in a row open it, one test call is let through, exceptions not expected are not recognised.
PROFILE = TEXTBOOK | {"clock": "monotonic", "listeners": False}


class _Adapter:
    rejections = (circuitbreaker.CircuitBreakerError,)

    def __init__(self, _clock: object) -> None:
        self._breaker = circuitbreaker.CircuitBreaker(
            3, 10, expected_exception=ConnectionError, name="upstream"
        )

    def state(self) -> str:
        return str(self._breaker.state)


class CircuitbreakerAdapter(_Adapter):
    def call(self, fn: Callable[[], object]) -> object:
        result: object = self._breaker(fn)()
        return result


class AsyncCircuitbreakerAdapter(_Adapter):
    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        result: object = await self._breaker(fn)()
        return result
