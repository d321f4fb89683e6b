"""purgatory 3.0.1, sync: the same promises as its asyncio half."""

from collections.abc import Callable

from purgatory import SyncCircuitBreakerFactory
from purgatory.domain.model import Context, OpenedState

from shaketable_targets.breakers.purgatory_adapter import STATES


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
