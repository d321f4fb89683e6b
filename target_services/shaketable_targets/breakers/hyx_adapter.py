"""hyx 0.0.2, asyncio. It reads `datetime.utcnow`, so time-machine reaches it."""

from collections.abc import Awaitable, Callable

from hyx.circuitbreaker import consecutive_breaker
from hyx.circuitbreaker.exceptions import BreakerFailing

from shaketable_targets.breakers import TEXTBOOK

TIME = "time-machine"
# Its README: failures in a row open it, after the recovery time successes in a row close it. What is none of its
# `exceptions` is neither. How many calls the recovering state lets through it does not say.
PROFILE = TEXTBOOK | {"listeners": False}
STATES = {"working": "closed", "failing": "open", "recovering": "half_open"}


class HyxAdapter:
    rejections = (BreakerFailing,)

    def __init__(self, _clock: object) -> None:
        self._breaker = consecutive_breaker(ConnectionError, 3, 10, recovery_threshold=1)

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        result: object = await self._breaker(fn)()  # type: ignore[type-var]  # it asks for coroutine functions
        return result

    def state(self) -> str:
        return STATES[self._breaker.state.name]
