"""aiobreaker 1.2.0, asyncio. It reads `datetime.utcnow`, so time-machine reaches it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import aiobreaker  # type: ignore[import-untyped]

from shaketable_targets.breakers import TEXTBOOK

TIME = "time-machine"
# The docstrings of its states let one trial call through in half-open and let it decide. They say nothing of
# cancellation; in asyncio it is no error of the call.
PROFILE = dict(TEXTBOOK)


class _Listener(aiobreaker.CircuitBreakerListener):  # type: ignore[misc]  # the library has no types
    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback = callback

    def state_change(self, *_: object) -> None:
        self._callback()


class AiobreakerAdapter:
    rejections = (aiobreaker.CircuitBreakerError,)

    def __init__(self, _clock: object) -> None:
        self._breaker = aiobreaker.CircuitBreaker(3, timedelta(seconds=10), exclude=[ValueError])

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        result: object = await self._breaker.call_async(fn)
        return result

    def state(self) -> str:
        return str(self._breaker.current_state.name).lower()

    def listen(self, callback: Callable[[], None]) -> None:
        self._breaker.add_listener(_Listener(callback))
