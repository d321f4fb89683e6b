"""purgatory 3.0.1, asyncio and sync. It reads `time.time`, so time-machine reaches it."""

from collections.abc import Awaitable, Callable

from purgatory import AsyncCircuitBreakerFactory, SyncCircuitBreakerFactory
from purgatory.domain.model import Context, OpenedState

from shaketable_targets.breakers import TEXTBOOK

TIME = "time-machine"
# Its guide keeps the circuit open for the whole ttl, and types exclusions as BaseException: what is not excluded
# fails, a cancelled call too. How many calls half-open lets through it leaves to the pattern it refers to.
PROFILE = TEXTBOOK | {"wait_compare": ">", "cancelled": "failure"}
STATES = {"closed": "closed", "opened": "open", "half-opened": "half_open"}


class PurgatoryAdapter:
    rejections = (OpenedState,)

    def __init__(self, _clock: object) -> None:
        self._factory = AsyncCircuitBreakerFactory(3, 10, exclude=[ValueError])
        self._context: Context | None = None  # known from the first call on

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        breaker = await self._factory.get_breaker("upstream")
        self._context = breaker.context
        async with breaker:
            return await fn()

    def state(self) -> str:
        return STATES[self._context.state] if self._context else "closed"

    def listen(self, callback: Callable[[], None]) -> None:
        self._factory.add_listener(
            lambda _name, what, _event: callback() if what == "state_changed" else None
        )


class SyncPurgatoryAdapter:
    rejections = (OpenedState,)

    def __init__(self, _clock: object) -> None:
        self._factory = SyncCircuitBreakerFactory(3, 10, exclude=[ValueError])
        self._context: Context | None = None

    def call(self, fn: Callable[[], object]) -> object:
        breaker = self._factory.get_breaker("upstream")
        self._context = breaker.context
        with breaker:
            return fn()

    def state(self) -> str:
        return STATES[self._context.state] if self._context else "closed"

    def listen(self, callback: Callable[[], None]) -> None:
        self._factory.add_listener(
            lambda _name, what, _event: callback() if what == "state_changed" else None
        )
