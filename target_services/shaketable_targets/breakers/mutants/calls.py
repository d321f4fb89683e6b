"""Mistakes in what a caller gets, and in which calls count. The docstring is the mistake."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

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
    """Turns a cancellation into an answer, so that it is not logged."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        try:
            return await super().call(fn)
        except asyncio.CancelledError:
            return None  # type: ignore[return-value]  # the mistake


class SleepsWhileOpen(CircuitBreaker):
    """Lets its callers wait while it is open, to spare them the error."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        while True:
            try:
                return await super().call(fn)
            except CallNotPermitted:
                if self._state != "open":
                    raise
                await asyncio.sleep(0.05)
