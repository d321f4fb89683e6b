"""The reference breaker with mistakes in what it counts and from where. The docstring is the mistake."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from shaketable_targets.breakers.reference import CircuitBreaker, Permit, State


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


class OnePermitTooMany(CircuitBreaker):
    """Looks at the permits left before it takes one, and takes the last one twice."""

    def _has_permit(self) -> bool:
        return self._permits >= 0


class LastProbeDecides(CircuitBreaker):
    """Decides a half-open era by its last result alone."""

    def _too_many(self) -> bool:
        return self._window[-1][0] if self._state == "half_open" else super()._too_many()


class KeepsProbeResults(CircuitBreaker):
    """Goes on counting where the last half-open era ended."""

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


class LateFailureRestartsWait(CircuitBreaker):
    """Begins the wait anew at every failure that arrives while it is open."""

    def _record(self, permit: Permit, *, failed: bool) -> None:
        if self._state == "open" and failed:
            self._opened_ms = self._now_ms()
        super()._record(permit, failed=failed)


COUNTING: tuple[tuple[type[CircuitBreaker], str], ...] = (
    (TumblingWindow, "CB-1"),
    (WindowOneMore, "CB-1"),
    (SuccessForgives, "CB-1"),
    (LastProbeDecides, "CB-1"),
    (KeepsProbeResults, "CB-1"),
    (OnePermitTooMany, "CB-3"),
    (LateFailureRestartsWait, "CB-8"),
)
"""Each mutant and the promise that must kill it."""
