"""pybreaker 1.4.1, sync. It reads `datetime.now`, so time-machine reaches it."""

from collections.abc import Callable

import pybreaker

from shaketable_targets.breakers import TEXTBOOK

TIME = "time-machine"
# Its README counts every exception as a failure, so also that of a cancelled call, ignores excluded ones, and lets
# the next call through when the time is over: one trial.
PROFILE = TEXTBOOK | {"cancelled": "failure"}


class _Listener(pybreaker.CircuitBreakerListener):
    def __init__(self, callback: Callable[[], None]) -> None:
        self._callback = callback

    def state_change(self, *_: object) -> None:
        self._callback()


class PybreakerAdapter:
    rejections = (pybreaker.CircuitBreakerError,)

    def __init__(self, _clock: object) -> None:
        # The option lets the caller of the call that trips see its own error, as for every other call.
        self._breaker = pybreaker.CircuitBreaker(3, 10, exclude=[ValueError], throw_new_error_on_trip=False)

    def call(self, fn: Callable[[], object]) -> object:
        return self._breaker.call(fn)

    def state(self) -> str:
        return self._breaker.current_state.replace("-", "_")

    def listen(self, callback: Callable[[], None]) -> None:
        self._breaker.add_listener(_Listener(callback))
