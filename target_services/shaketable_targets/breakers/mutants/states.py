"""Mistakes in when the state changes. The docstring is the mistake."""

from __future__ import annotations

from shaketable_targets.breakers.reference import CallNotPermitted, CircuitBreaker, Permit, State


class LateSuccessCloses(CircuitBreaker):
    """A success means the upstream is well, so it closes, whatever the state."""

    def _record(self, permit: Permit, *, failed: bool) -> None:
        if self._state == "open" and not failed:
            self._enter("closed")
        super()._record(permit, failed=failed)


class FirstSuccessCloses(CircuitBreaker):
    """Closes on the first half-open success instead of judging all permitted calls."""

    def _minimum(self) -> int:
        return 1 if self._state == "half_open" else super()._minimum()


class WaitFromFirstFailure(CircuitBreaker):
    """Measures the wait from the first opening, so a breaker that reopens does not wait again."""

    def _enter(self, state: State) -> None:
        first_ms = self._opened_ms
        reopens = self._state == "half_open" and state == "open"
        super()._enter(state)
        if reopens:
            self._opened_ms = first_ms


class WaitInHundredths(CircuitBreaker):
    """Waits a tenth of the time, because it mixes up seconds, hundredths and milliseconds."""

    def _wait_is_over(self, now_ms: int) -> bool:
        return (now_ms - self._opened_ms) * 10 > self._settings.wait_ms


class RefusalRestartsWait(CircuitBreaker):
    """Every refused call begins the wait anew: under traffic it stays open for ever."""

    def _acquire(self) -> Permit:
        try:
            return super()._acquire()
        except CallNotPermitted:
            if self._state == "open":
                self._opened_ms = self._now_ms()
            raise


class LateFailureRestartsWait(CircuitBreaker):
    """Begins the wait anew at every failure that arrives while it is open."""

    def _record(self, permit: Permit, *, failed: bool) -> None:
        if self._state == "open" and failed:
            self._opened_ms = self._now_ms()
        super()._record(permit, failed=failed)
