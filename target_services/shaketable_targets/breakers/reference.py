"""A circuit breaker for asyncio with the semantics Resilience4j documents; time comes in from outside.

A result counts in the state in which it arrives, as there. Two things go beyond it: a permit is returned only to the
half-open era that gave it, and a listener that raises changes nothing for callers and other listeners.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

State = Literal["closed", "open", "half_open"]
T = TypeVar("T")
_log = logging.getLogger(__name__)


class CallNotPermitted(Exception):
    """The breaker refused the call: the protected function did not run."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits. Rates are whole percentages and reached at the threshold; a call is slow if it takes longer than slow_call_ms."""

    window_size: int = 10
    minimum_calls: int = 100
    failure_rate_threshold: int = 50
    slow_rate_threshold: int = 100
    slow_call_ms: int = 60_000
    wait_ms: int = 10_000
    half_open_permits: int = 3
    ignored: tuple[type[Exception], ...] = (ValueError,)


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to run one call, given in one era."""

    era: int
    since_ms: int


class CircuitBreaker:
    """Guards one upstream. Calls go through `call`; reading `state` changes nothing."""

    def __init__(self, monotonic_ms: Callable[[], int], settings: Settings | None = None) -> None:
        self._now_ms = monotonic_ms
        self._settings = settings or Settings()
        self._state: State = "closed"
        self._era = 0
        self._opened_ms = 0
        self._permits = 0
        self._window = self._new_window()
        self._listeners: list[Callable[[State, State], None]] = []

    @property
    def state(self) -> State:
        return self._state

    def listen(self, listener: Callable[[State, State], None]) -> None:
        """Call `listener` with (from, to) at every transition."""
        self._listeners.append(listener)

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        """Run `fn` and return its result. Raises CallNotPermitted when refused, else what `fn` raises."""
        permit = self._acquire()
        try:
            result = await fn()
        except self._settings.ignored:
            self._release(permit)
            raise
        except Exception:
            self._record(permit, failed=True)
            raise
        except BaseException:  # cancelled, which says nothing of the upstream
            self._release(permit)
            raise
        self._record(permit, failed=False)
        return result

    def _acquire(self) -> Permit:
        now_ms = self._now_ms()
        if self._state == "open":
            if not self._wait_is_over(now_ms):
                raise CallNotPermitted(f"open for {now_ms - self._opened_ms} ms")
            self._enter("half_open")
        if self._state == "half_open":
            if not self._has_permit():
                raise CallNotPermitted("half-open, and every permitted call is taken")
            self._permits -= 1
        return Permit(self._era, now_ms)

    def _has_permit(self) -> bool:
        return self._permits > 0

    def _wait_is_over(self, now_ms: int) -> bool:
        return now_ms - self._opened_ms > self._settings.wait_ms

    def _release(self, permit: Permit) -> None:
        """Return the permit of a call that recorded nothing, if the era that gave it still lasts."""
        if self._state == "half_open" and permit.era == self._era:
            self._permits += 1

    def _record(self, permit: Permit, *, failed: bool) -> None:
        if self._state == "open":
            return
        slow = self._now_ms() - permit.since_ms > self._settings.slow_call_ms
        self._window.append((failed, slow))
        if len(self._window) >= self._minimum():
            self._judge()

    def _minimum(self) -> int:
        """Return the number of outcomes that a rate needs: never more than there can be."""
        settings = self._settings
        size = settings.half_open_permits if self._state == "half_open" else settings.window_size
        return min(settings.minimum_calls, size)

    def _judge(self) -> None:
        if self._too_many():
            self._enter("open")
        elif self._state == "half_open":
            self._enter("closed")

    def _too_many(self) -> bool:
        settings, calls = self._settings, len(self._window)
        failures = sum(failed for failed, _ in self._window)
        slow = sum(slow for _, slow in self._window)
        return (
            failures * 100 >= settings.failure_rate_threshold * calls
            or slow * 100 >= settings.slow_rate_threshold * calls
        )

    def _enter(self, state: State) -> None:
        before, self._state = self._state, state
        self._era += 1
        if state == "open":
            self._opened_ms = self._now_ms()
        else:
            self._window = self._new_window()
            self._permits = self._settings.half_open_permits
        self._tell(before, state)

    def _new_window(self) -> deque[tuple[bool, bool]]:
        return deque(maxlen=self._settings.window_size)

    def _tell(self, before: State, after: State) -> None:
        for listener in self._listeners:
            try:
                listener(before, after)
            except Exception:  # a listener's error must not reach the caller, whatever it is
                _log.exception("a listener of the circuit breaker raised")
