"""A semaphore bulkhead for asyncio. A permit that is released goes to the call that has waited longest."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shaketable_targets.bulkheads.settings import BulkheadFull, Settings

T = TypeVar("T")
Turn = asyncio.Future[None]
"""Done when the call that waits for it has a permit."""


class AsyncBulkhead:
    """Guards one upstream. `call` is its use; `free`, `running` and `queued` look without changing anything."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._turns: deque[Turn] = deque()
        self.free = settings.permits
        self.running = 0

    @property
    def queued(self) -> int:
        return len(self._turns)

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        """Run `fn` and return what it returns; BulkheadFull when rejected, else whatever `fn` raises."""
        await self._acquire()
        self.running += 1
        try:
            return await fn()
        finally:
            self.running -= 1
            self._release()

    async def _acquire(self) -> None:
        if self._may_take():
            self.free -= 1
        elif self._settings.max_wait_ms:
            await self._wait()
        else:
            raise BulkheadFull(f"{self._settings.permits} calls are running")

    def _may_take(self) -> bool:
        return self.free > 0

    async def _wait(self) -> None:
        turn: Turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            await asyncio.wait((turn,), timeout=self._settings.max_wait_ms / 1000)
        except BaseException:
            self._cancelled(turn)
            raise
        if not turn.done():
            self._timed_out(turn)
            raise BulkheadFull(f"no permit within {self._settings.max_wait_ms} ms")

    def _cancelled(self, turn: Turn) -> None:
        """Leave the queue; a permit that was given in the same instant goes to the next one."""
        if turn.done():
            self._release()
        else:
            self._turns.remove(turn)

    def _timed_out(self, turn: Turn) -> None:
        self._turns.remove(turn)

    def _release(self) -> None:
        if self._turns:
            self._turns.popleft().set_result(None)
        else:
            self.free += 1
