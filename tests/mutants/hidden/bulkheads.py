"""Mistakes in bulkheads that show at one instant: a turn that comes as its call gives up, a lost wake-up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shaketable import bulkhead
from shaketable_patterns.bulkhead.profile import DOCUMENT, WAITING
from shaketable_targets.bulkheads.asyncio_bulkhead import AsyncBulkhead, Turn
from shaketable_targets.bulkheads.settings import BulkheadFull, Settings
from tests.mutants.hidden.declared import Hidden

T = TypeVar("T")
WAITS = Settings(permits=3, max_wait_ms=500)


class TimeoutLosesTheTurn(AsyncBulkhead):
    """Gives up when its time is over without looking whether it was its turn in that instant."""

    async def _wait(self) -> None:
        turn: Turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        over = asyncio.ensure_future(asyncio.sleep(self._settings.max_wait_ms / 1000))
        try:
            await asyncio.wait((turn, over), return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            over.cancel()
            self._cancelled(turn)
            raise
        if over.done():
            if not turn.done():
                self._turns.remove(turn)
            raise BulkheadFull(f"no permit within {self._settings.max_wait_ms} ms")
        over.cancel()


class CancelledTurnLeaks(AsyncBulkhead):
    """Leaves the queue when it is cancelled, and forgets that it may have been given a permit in that instant."""

    def _cancelled(self, turn: Turn) -> None:
        if turn in self._turns:
            self._turns.remove(turn)


class AsyncAdapter:
    """A bulkhead for asyncio as the harness calls it."""

    rejections = (BulkheadFull,)

    def __init__(self, guarded: AsyncBulkhead) -> None:
        self._bulkhead = guarded

    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        return await self._bulkhead.call(fn)

    def state(self) -> dict[str, int]:
        guarded = self._bulkhead
        return {"free": guarded.free, "running": guarded.running, "queued": guarded.queued}


class Gate:
    """A bulkhead of a count and a condition, right but for what its subclasses change."""

    rejections = (BulkheadFull,)
    permits = 3
    max_wait_s = 0.0

    def __init__(self, _clock: object) -> None:
        self._changed = threading.Condition()
        self.free, self.running, self.queued = self.permits, 0, 0

    def state(self) -> dict[str, int]:
        with self._changed:
            return {"free": self.free, "running": self.running, "queued": self.queued}

    def call(self, fn: Callable[[], T]) -> T:
        self.acquire()
        with self._changed:
            self.running += 1
        try:
            return fn()
        finally:
            self.release()

    def acquire(self) -> None:
        raise NotImplementedError

    def release(self) -> None:
        with self._changed:
            self.running -= 1
            self.free += 1


class LostWakeUp(Gate):
    """Wakes waiting calls only when the pool was empty before: of two releases in a row, one wakes no call."""

    max_wait_s = 0.5

    def acquire(self) -> None:
        with self._changed:
            if not self.free:
                self.queued += 1
                self._changed.wait_for(lambda: self.free, self.max_wait_s)
                self.queued -= 1
            if not self.free:
                raise BulkheadFull
            self.free -= 1

    def release(self) -> None:
        with self._changed:
            self.running -= 1
            self.free += 1
            if self.free == 1:
                self._changed.notify()


class ChecksThenTakes(Gate):
    """Looks under its lock whether a permit is free, lets go, and takes it under its lock."""

    def acquire(self) -> None:
        with self._changed:
            free = self.free
        if free <= 0:
            raise BulkheadFull
        with self._changed:
            self.free -= 1


def _hidden(
    name: str, make: object, made_of: object, kills: str, shows: str, needs: str, *, sync: bool, waits: bool
) -> Hidden:
    subject = bulkhead(
        f"hidden/bulkhead/{name}",
        make,  # type: ignore[arg-type]
        profile=WAITING if waits else DOCUMENT,
        sync=sync,
        summary=made_of.__doc__ or "",
        mutant_of="bulkhead/hardened",
        kills=tuple(kills.split()),
    )
    return Hidden(subject, shows, needs)


MUTANTS = (
    _hidden(
        "timeout-loses-the-turn",
        lambda _clock: AsyncAdapter(TimeoutLosesTheTurn(WAITS)),
        TimeoutLosesTheTurn,
        "BH-2",
        "a permit is given at the very instant at which its call gives up, and is gone",
        "a call that ends exactly when another has waited its half second",
        sync=False,
        waits=True,
    ),
    _hidden(
        "cancelled-turn-leaks",
        lambda _clock: AsyncAdapter(CancelledTurnLeaks(WAITS)),
        CancelledTurnLeaks,
        "BH-2",
        "a call is cancelled in the instant in which it is given a permit, which is gone",
        "a cancellation between the gift and the waking",
        sync=False,
        waits=True,
    ),
    _hidden(
        "lost-wake-up",
        LostWakeUp,
        LostWakeUp,
        "BH-5",
        "two calls wait, two permits are released at once, and one of the two is refused with a permit free",
        "two waiting calls and two releases before the first has woken",
        sync=True,
        waits=True,
    ),
    _hidden(
        "checks-then-takes",
        ChecksThenTakes,
        ChecksThenTakes,
        "BH-1",
        "two threads take the last permit",
        "two threads between look and take",
        sync=True,
        waits=False,
    ),
)
