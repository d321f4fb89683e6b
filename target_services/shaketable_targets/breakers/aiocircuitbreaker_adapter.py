"""aiocircuitbreaker 2.0.0, asyncio. It reads `datetime.utcnow`, so time-machine reaches it."""

from collections.abc import Awaitable, Callable

import aiocircuitbreaker  # type: ignore[import-untyped]

from shaketable_targets.breakers import TEXTBOOK

TIME = "time-machine"
# Its README: failures in a row open it, one test call is let through, exceptions not expected are not recognised.
PROFILE = TEXTBOOK | {"listeners": False}


class AiocircuitbreakerAdapter:
    rejections = (aiocircuitbreaker.CircuitBreakerError,)

    def __init__(self, _clock: object) -> None:
        self._breaker = aiocircuitbreaker.CircuitBreaker(3, 10, ConnectionError, "upstream")

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        result: object = await self._breaker(fn)()
        return result

    def state(self) -> str:
        return str(self._breaker.state.value)
