"""Mistakes in bulkheads: a permit that comes as its call gives up, a wait that is too short, a look before a take."""

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


class Noted(AsyncBulkhead):
    """A bulkhead that tells a journal outside how a wait ended."""

    def __init__(self, settings: Settings, note: Callable[[], Awaitable[None]]) -> None:
        super().__init__(settings)
        self._note = note


class TimeoutLosesTheTurn(Noted):
    """Notes that a call has waited in vain before it leaves the queue; it may be given a permit meanwhile, which is lost."""

    async def _wait(self) -> None:
        turn: Turn = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            await asyncio.wait((turn,), timeout=self._settings.max_wait_ms / 1000)
            if turn.done():
                return
            await self._note()
        except BaseException:
            self._cancelled(turn)
            raise
        if turn in self._turns:
            self._turns.remove(turn)
        raise BulkheadFull(f"no permit within {self._settings.max_wait_ms} ms")


class CancelledTurnLeaks(Noted):
    """Notes how long a call has waited when it has its permit already; a caller that gives up there keeps it."""

    async def _wait(self) -> None:
        await super()._wait()
        await self._note()


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


def _noted(made_of: type[Noted]) -> Callable[[object, object], AsyncAdapter]:
    def make(_clock: object, points: object) -> AsyncAdapter:
        async def note() -> None:
            try:
                await points.reach("journal")  # type: ignore[attr-defined]
            except Exception:  # the journal must not disturb calls
                return

        return AsyncAdapter(made_of(WAITS, note))

    return make


class Gate:
    """A bulkhead of a count and a condition, right but for what its subclasses change."""

    rejections = (BulkheadFull,)
    permits = 3

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


class WakingCostsASlice(Gate):
    """Waits five slices of 100 ms, and takes a waking for a slice: each permit that another call gets costs it one."""

    def acquire(self) -> None:
        with self._changed:
            left = 5
            self.queued += 1
            while not self.free and left:
                self._changed.wait(0.1)
                left -= 1
            self.queued -= 1
            if not self.free:
                raise BulkheadFull
            self.free -= 1

    def release(self) -> None:
        with self._changed:
            self.running -= 1
            self.free += 1
            self._changed.notify_all()


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
        _noted(TimeoutLosesTheTurn),
        TimeoutLosesTheTurn,
        "BH-2",
        "a permit is given while its call is giving up, and is gone",
        "a journal that is slow when a call gives up, and a call that ends meanwhile",
        sync=False,
        waits=True,
    ),
    _hidden(
        "cancelled-turn-leaks",
        _noted(CancelledTurnLeaks),
        CancelledTurnLeaks,
        "BH-2",
        "a call is cancelled between its permit and its function, and the permit is gone",
        "a cancellation at the journal, of a call that had to wait",
        sync=False,
        waits=True,
    ),
    _hidden(
        "waking-costs-a-slice",
        WakingCostsASlice,
        WakingCostsASlice,
        "BH-5",
        "of two calls that wait, the second is refused too early because the first got a permit",
        "two calls that wait, and one permit",
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
