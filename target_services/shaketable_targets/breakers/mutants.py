"""The reference breaker with one mistake each, of the kind people make. The docstring is the mistake."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shaketable_targets.breakers.counting_mutants import COUNTING
from shaketable_targets.breakers.reference import CallNotPermitted, CircuitBreaker, Permit, Settings, State

T = TypeVar("T")


class RetriesOnce(CircuitBreaker):
    """Tries again at once when the call fails."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        async def twice() -> T:
            try:
                return await fn()
            except ConnectionError:
                return await fn()

        return await super().call(twice)


class ReportsFailureAsRefusal(CircuitBreaker):
    """Tells the caller whose failure opened it that the call was not permitted."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        try:
            return await super().call(fn)
        except ConnectionError as error:
            if self.state == "open":
                raise CallNotPermitted("it opened just now") from error
            raise


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


class WaitFromFirstFailure(CircuitBreaker):
    """Measures the wait from the first opening, so a breaker that reopens does not wait again."""

    def _enter(self, state: State) -> None:
        first_ms = self._opened_ms
        reopens = self._state == "half_open" and state == "open"
        super()._enter(state)
        if reopens:
            self._opened_ms = first_ms


class WaitInHundredths(CircuitBreaker):
    """Takes the wait for a tenth of what it is: seconds, hundredths and milliseconds got mixed up."""

    def _wait_is_over(self, now_ms: int) -> bool:
        return (now_ms - self._opened_ms) * 10 > self._settings.wait_ms


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


class NeverForgets(CircuitBreaker):
    """Its window has no end: the rate is over all calls since it closed."""

    def _new_window(self) -> deque[tuple[bool, bool]]:
        return deque()


class NoSuccessNoData(CircuitBreaker):
    """Guards the division by the number of successes: without any, it takes the rate for nought."""

    def _too_many(self) -> bool:
        if all(failed for failed, _ in self._window):
            return False
        return super()._too_many()


class LeaksPermits(CircuitBreaker):
    """Returns no permit when a half-open call is cancelled or its error is ignored."""

    def _release(self, permit: Permit) -> None: ...


class CancellationIsFailure(CircuitBreaker):
    """Counts a cancelled call as a failure of the upstream."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        permit = self._acquire()
        try:
            result = await fn()
        except self._settings.ignored:
            self._release(permit)
            raise
        except BaseException:
            self._record(permit, failed=True)
            raise
        self._record(permit, failed=False)
        return result


class IgnoredIsSuccess(CircuitBreaker):
    """Counts an ignored error as a success."""

    def _release(self, permit: Permit) -> None:
        self._record(permit, failed=False)


class NothingIsIgnored(CircuitBreaker):
    """Counts every error, also those it was told to ignore."""

    def __init__(self, monotonic_ms: Callable[[], int]) -> None:
        super().__init__(monotonic_ms, Settings(ignored=()))


class RefusalRestartsWait(CircuitBreaker):
    """Every refused call begins the wait anew: under traffic it stays open for ever."""

    def _acquire(self) -> Permit:
        try:
            return super()._acquire()
        except CallNotPermitted:
            if self._state == "open":
                self._opened_ms = self._now_ms()
            raise


class PermitsAreNotRenewed(CircuitBreaker):
    """Fills the half-open permits once, not at each half-open era."""

    def _enter(self, state: State) -> None:
        left = self._permits
        super()._enter(state)
        if self._era > 2:
            self._permits = left


class ListenerMayVeto(CircuitBreaker):
    """Tells listeners before it changes state, and lets their exceptions through."""

    def _enter(self, state: State) -> None:
        for listener in self._listeners:
            listener(self._state, state)
        listeners, self._listeners = self._listeners, []
        super()._enter(state)
        self._listeners = listeners


class OneAtATime(CircuitBreaker):
    """Holds its lock while the protected function runs."""

    def __init__(self, monotonic_ms: Callable[[], int]) -> None:
        super().__init__(monotonic_ms)
        self._lock = asyncio.Lock()

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        async with self._lock:
            return await super().call(fn)


class SwallowsCancellation(CircuitBreaker):
    """Turns a cancellation into an answer, so that it does not reach the log."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        try:
            return await super().call(fn)
        except asyncio.CancelledError:
            return None  # type: ignore[return-value]  # the mistake


class SleepsWhileOpen(CircuitBreaker):
    """Spares its callers the error: while it is open they wait."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await super().call(fn)
            except CallNotPermitted:
                if self._state != "open":
                    raise
                await asyncio.sleep(0.05)


MUTANTS: tuple[tuple[type[CircuitBreaker], str], ...] = (
    (RetriesOnce, "CB-0"),
    (ReportsFailureAsRefusal, "CB-0"),
    (MinimumAboveWindow, "CB-1"),
    (BeyondThreshold, "CB-1"),
    (IgnoresSlowCalls, "CB-1"),
    (LateSuccessCloses, "CB-2"),
    (FirstSuccessCloses, "CB-2"),
    (ProbesWithoutLimit, "CB-3"),
    (ReturnsForeignPermits, "CB-3"),
    (PermitAfterRunning, "CB-3"),
    (WaitFromFirstFailure, "CB-4"),
    (WaitInHundredths, "CB-4"),
    (RemembersBeforeClose, "CB-5"),
    (NeverForgets, "CB-5"),
    (NoSuccessNoData, "CB-6"),
    (LeaksPermits, "CB-7"),
    (CancellationIsFailure, "CB-7"),
    (IgnoredIsSuccess, "CB-7"),
    (NothingIsIgnored, "CB-7"),
    (RefusalRestartsWait, "CB-8"),
    (PermitsAreNotRenewed, "CB-8"),
    (ListenerMayVeto, "CB-9"),
    (OneAtATime, "CB-10"),
    (SwallowsCancellation, "CB-0"),
    (SleepsWhileOpen, "CB-10"),
    *COUNTING,
)
"""Each mutant and the promise that must kill it."""
