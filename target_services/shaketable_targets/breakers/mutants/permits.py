"""Mistakes with the permits of half-open calls. The docstring is the mistake."""

from __future__ import annotations

from shaketable_targets.breakers.reference import CircuitBreaker, Permit, State


class ProbesWithoutLimit(CircuitBreaker):
    """Forgets to count half-open calls."""

    def _has_permit(self) -> bool:
        return True


class ReturnsForeignPermits(CircuitBreaker):
    """Returns a permit for any call that recorded nothing, also one that never took a half-open permit."""

    def _release(self, _permit: Permit) -> None:
        if self._state == "half_open":
            self._permits += 1


class PermitAfterRunning(CircuitBreaker):
    """Takes the half-open permit when the call ends, not when it begins."""

    def _acquire(self) -> Permit:
        permit = super()._acquire()
        if self._state == "half_open":
            self._permits += 1
        return permit

    def _record(self, permit: Permit, *, failed: bool) -> None:
        self._permits -= 1
        super()._record(permit, failed=failed)


class LeaksPermits(CircuitBreaker):
    """Returns no permit when a half-open call is cancelled or its error is ignored."""

    def _release(self, permit: Permit) -> None: ...


class PermitsAreNotRenewed(CircuitBreaker):
    """Fills the half-open permits once, not at each half-open era."""

    def _enter(self, state: State) -> None:
        left = self._permits
        super()._enter(state)
        if self._era > 2:
            self._permits = left


class OnePermitTooMany(CircuitBreaker):
    """Looks at the permits left before it takes one, and takes the last one twice."""

    def _has_permit(self) -> bool:
        return self._permits >= 0
