"""Mistakes in the asyncio bulkhead."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shaketable_targets.bulkheads.asyncio_bulkhead import AsyncBulkhead, Turn
from shaketable_targets.bulkheads.settings import BulkheadFull

T = TypeVar("T")


class OneTooMany(AsyncBulkhead):
    """Looks at the permits left before it takes one, and takes the last one twice."""

    def _may_take(self) -> bool:
        return self.free >= 0


class OneTooFew(AsyncBulkhead):
    """Keeps the last permit back."""

    def _may_take(self) -> bool:
        return self.free > 1


class ReleasesTwice(AsyncBulkhead):
    """Releases the permit of a call that raises where it is caught, and again in the end."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        async def guarded() -> T:
            try:
                return await fn()
            except Exception:
                self._release()
                raise

        return await super().call(guarded)


class ReleasesWhatItNeverTook(AsyncBulkhead):
    """Releases a permit for a call that waited in vain."""

    def _timed_out(self, turn: Turn) -> None:
        super()._timed_out(turn)
        self._release()


class LeaksOnException(AsyncBulkhead):
    """Releases only when the function returns."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        await self._acquire()
        self.running += 1
        try:
            result = await fn()
        except asyncio.CancelledError:
            self.running -= 1
            self._release()
            raise
        except BaseException:
            self.running -= 1
            raise
        self.running -= 1
        self._release()
        return result


class LeaksOnCancellation(AsyncBulkhead):
    """Catches Exception to release, and a cancellation is none."""

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        await self._acquire()
        self.running += 1
        try:
            result = await fn()
        except asyncio.CancelledError:
            self.running -= 1
            raise
        except Exception:
            self.running -= 1
            self._release()
            raise
        self.running -= 1
        self._release()
        return result


class LeaksWhenCancelledWaiting(AsyncBulkhead):
    """Leaves a cancelled call in the queue, and later gives it a permit that it never returns."""

    def _cancelled(self, turn: Turn) -> None:
        del turn


class LeaksOnTimeout(AsyncBulkhead):
    """Leaves a call that gave up in the queue, and later gives it a permit that it never returns."""

    def _timed_out(self, turn: Turn) -> None:
        del turn


class CountsRejected(AsyncBulkhead):
    """Takes the permit before it looks if there is one, and does not put it back when there is none."""

    async def _acquire(self) -> None:
        self.free -= 1
        if self.free < 0:
            raise BulkheadFull("every permit is taken")


class MiscountsRunning(AsyncBulkhead):
    """Takes a call that waits for one that runs."""

    async def _wait(self) -> None:
        self.running += 1
        try:
            await super()._wait()
        finally:
            self.running -= 1


class DoesNotWait(AsyncBulkhead):
    """Rejects a call at once although it may wait."""

    async def _wait(self) -> None:
        raise BulkheadFull("every permit is taken")


class WakesNobody(AsyncBulkhead):
    """Puts a permit back, and calls that wait for one do not hear of it."""

    def _release(self) -> None:
        self.free += 1


class EvictsTheOldest(AsyncBulkhead):
    """Keeps its queue short: a third call that waits pushes out the one that has waited longest."""

    async def _wait(self) -> None:
        if len(self._turns) >= 2:
            self._turns.popleft().set_exception(BulkheadFull("another call took its place"))
        turn: Turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            await asyncio.wait_for(asyncio.shield(turn), self._settings.max_wait_ms / 1000)
        except TimeoutError:
            self._timed_out(turn)
            raise BulkheadFull("no permit in time") from None
        except asyncio.CancelledError:
            self._cancelled(turn)
            raise


class WaitsAnew(AsyncBulkhead):
    """Waits its whole time again whenever another call got a permit meanwhile."""

    async def _wait(self) -> None:
        while True:
            given = self.given
            try:
                await super()._wait()
            except BulkheadFull:
                if given == self.given:
                    raise
            else:
                return

    given = 0

    def _release(self) -> None:
        self.given += bool(self._turns)
        super()._release()
