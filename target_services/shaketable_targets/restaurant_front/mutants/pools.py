"""Mistakes in pools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

from shaketable_targets.bulkheads.asyncio_bulkhead import AsyncBulkhead
from shaketable_targets.bulkheads.settings import Settings
from shaketable_targets.restaurant_front.guarded import Guarded
from shaketable_targets.restaurant_front.mutants.breakers import OtherGuarded
from shaketable_targets.restaurant_front.service import FrontService
from shaketable_targets.restaurant_front.settings import CALL_TIMEOUT_MS, GUIDE, POOLS

T = TypeVar("T")


class OnePool(FrontService):
    """One pool for all: a party that hangs takes the permits of the others."""

    def make_outside(self) -> Mapping[str, Guarded]:
        outside = super().make_outside()
        for guarded in outside.values():
            guarded.pool = outside[GUIDE].pool
        return outside


class _Copied(Guarded):
    def make_pool(self) -> AsyncBulkhead:
        return AsyncBulkhead(Settings(permits=POOLS[GUIDE]))


class CopiesTheSize(OtherGuarded):
    """Gives every pool the size of the first: a setting that was copied."""

    guarded = _Copied


class _Forgetful(AsyncBulkhead):
    async def call(self, fn: Callable[[], Awaitable[T]]) -> T:
        await self._acquire()
        found = await fn()
        self._release()
        return found


class _Leaking(Guarded):
    def make_pool(self) -> AsyncBulkhead:
        return _Forgetful(Settings(permits=POOLS[self.name]))


class LeaksOnFailure(OtherGuarded):
    """Returns no permit where the call fails, as in https://github.com/resilience4j/resilience4j/issues/332 where it is cancelled."""

    guarded = _Leaking


class _Patient(Guarded):
    def make_pool(self) -> AsyncBulkhead:
        return AsyncBulkhead(Settings(permits=POOLS[self.name], max_wait_ms=100 * CALL_TIMEOUT_MS))


class QueuesWithoutLimit(OtherGuarded):
    """Lets calls wait for a permit for as long as it takes."""

    guarded = _Patient


class _Racing(AsyncBulkhead):
    def _may_take(self) -> bool:
        return self.free >= 0


class _OneMore(Guarded):
    def make_pool(self) -> AsyncBulkhead:
        return _Racing(Settings(permits=POOLS[self.name]))


class LetsOneMoreIn(OtherGuarded):
    """Lets one call more in than there are permits: a comparison with an edge too many."""

    guarded = _OneMore
