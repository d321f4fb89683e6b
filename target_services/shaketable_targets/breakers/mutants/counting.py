"""Mistakes in what is counted, and from where. The docstring is the mistake."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from shaketable_targets.breakers.reference import CircuitBreaker, Permit, State


class MinimumAboveWindow(CircuitBreaker):
    """Waits for minimum_calls outcomes, which a smaller window never holds."""

    def _minimum(self) -> int:
        return (
            self._settings.half_open_permits if self._state == "half_open" else self._settings.minimum_calls
        )


class BeyondThreshold(CircuitBreaker):
    """Opens above the failure rate, not at it."""

    def _too_many(self) -> bool:
        failures = sum(failed for failed, _ in self._window)
        return failures * 100 > self._settings.failure_rate_threshold * len(self._window)


class IgnoresSlowCalls(CircuitBreaker):
    """Computes the slow-call rate and compares it with nothing."""

    def _too_many(self) -> bool:
        failures = sum(failed for failed, _ in self._window)
        return failures * 100 >= self._settings.failure_rate_threshold * len(self._window)


class NoSuccessNoData(CircuitBreaker):
    """Guards the division by the number of successes: without any, it computes no rate."""

    def _too_many(self) -> bool:
        if all(failed for failed, _ in self._window):
            return False
        return super()._too_many()


class NeverForgets(CircuitBreaker):
    """Its window has no end: the rate is over all calls since it closed."""

    def _new_window(self) -> deque[tuple[bool, bool]]:
        return deque()


class RemembersBeforeClose(CircuitBreaker):
    """Keeps the window over a close: the failures that opened it open it again."""

    def __init__(self, monotonic_ms: Callable[[], int]) -> None:
        super().__init__(monotonic_ms)
        self._kept = self._window

    def _enter(self, state: State) -> None:
        window = self._window
        if state == "open" and self._state == "closed":
            self._kept = window
        super()._enter(state)
        if state == "closed":
            self._window = self._kept


class TumblingWindow(CircuitBreaker):
    """Judges every ten outcomes and begins anew, where the window should slide."""

    def _judge(self) -> None:
        before = self._state
        super()._judge()
        if self._state == before == "closed":
            self._window = self._new_window()


class WindowOneMore(CircuitBreaker):
    """Remembers one outcome more than its window has places."""

    def _new_window(self) -> deque[tuple[bool, bool]]:
        return deque(maxlen=self._settings.window_size + 1)


class SuccessForgives(CircuitBreaker):
    """A success wipes the window, as if failures had to come in a row."""

    def _record(self, permit: Permit, *, failed: bool) -> None:
        if not failed and self._state == "closed":
            self._window = self._new_window()
        super()._record(permit, failed=failed)


class LastProbeDecides(CircuitBreaker):
    """Decides a half-open era by its last result alone."""

    def _too_many(self) -> bool:
        return self._window[-1][0] if self._state == "half_open" else super()._too_many()


class KeepsProbeResults(CircuitBreaker):
    """Continues counting where the last half-open era ended."""

    def __init__(self, monotonic_ms: Callable[[], int]) -> None:
        super().__init__(monotonic_ms)
        self._probes = self._new_window()

    def _enter(self, state: State) -> None:
        if self._state == "half_open" and state == "open":
            self._probes = self._window
        super()._enter(state)
        if state == "half_open":
            self._window = self._probes
        elif state == "closed":
            self._probes = self._new_window()
