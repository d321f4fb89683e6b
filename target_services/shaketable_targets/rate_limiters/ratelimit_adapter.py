"""ratelimit 2.2.1, sync: a decorator with a fixed window, which the first call behind its end opens anew."""

from collections.abc import Callable

from ratelimit import RateLimitException, limits  # type: ignore[import-untyped]

from shaketable_targets.rate_limiters.settings import Clock

PROFILE: dict[str, str | int | float | bool] = {
    "algorithm": "fixed_window",
    "rate": 3,
    "period_ms": 1_000,
    "clock": "monotonic",  # it is handed one, as its default argument was bound to the real one at its import
    "store_lost": "none",
}


class RatelimitAdapter:
    """A decorated function for each key; both workers are threads of one process."""

    rejections = (RateLimitException,)

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._admit: dict[str, Callable[[], bool]] = {}

    def admit(self, key: str, worker: str) -> bool:
        decorate = limits(calls=3, period=1, clock=self._clock.monotonic_s)
        return self._admit.setdefault(key, decorate(lambda: True))()
