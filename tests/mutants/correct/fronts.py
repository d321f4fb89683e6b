"""Fronts that are correct and unlike the hardened one: a strict reader might accuse them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

from shaketable.ports import TRANSIENT, Json
from shaketable_patterns.restaurant_front.subjects import subject_of
from shaketable_targets.breakers.reference import CircuitBreaker, Permit
from shaketable_targets.bulkheads.asyncio_bulkhead import AsyncBulkhead
from shaketable_targets.bulkheads.settings import BulkheadFull, Settings
from shaketable_targets.restaurant_front.guarded import Guarded
from shaketable_targets.restaurant_front.lookups import Restaurants
from shaketable_targets.restaurant_front.mails import MailWorker, NotTaken
from shaketable_targets.restaurant_front.mutants.breakers import OtherGuarded
from shaketable_targets.restaurant_front.service import FrontService
from shaketable_targets.restaurant_front.settings import BREAKER, GUIDE, POOLS

_FRESH_MS = 1_000
_AT_ONCE = 3


class _BreakerFirst(Guarded):
    def make_breaker(self) -> CircuitBreaker:
        return CircuitBreaker(self.ports.clock.monotonic_ms, replace(BREAKER, ignored=(BulkheadFull,)))

    async def through(self, path: str, request: str) -> Json:
        return await self.breaker.call(lambda: self.pool.call(lambda: self.ask(path, request)))


class BreakerFirst(OtherGuarded):
    """Has the pool within the breaker, which ignores what a full pool rejects."""

    guarded = _BreakerFirst


class _Waiting(Guarded):
    def make_pool(self) -> AsyncBulkhead:
        return AsyncBulkhead(Settings(permits=POOLS[self.name], max_wait_ms=50))


class WaitsABit(OtherGuarded):
    """Lets a call wait a moment for a permit."""

    guarded = _Waiting


class _Impatient(CircuitBreaker):
    def _record(self, permit: Permit, *, failed: bool) -> None:
        if failed and self._state == "half_open":
            self._enter("open")
        else:
            super()._record(permit, failed=failed)


class _Reopening(Guarded):
    def make_breaker(self) -> CircuitBreaker:
        return _Impatient(self.ports.clock.monotonic_ms, BREAKER)


class ReopensAtOnce(OtherGuarded):
    """Opens again at the first probe that fails."""

    guarded = _Reopening


class _Discarding(CircuitBreaker):
    def _record(self, permit: Permit, *, failed: bool) -> None:
        if permit.era == self._era:
            super()._record(permit, failed=failed)


class _Generations(Guarded):
    def make_breaker(self) -> CircuitBreaker:
        return _Discarding(self.ports.clock.monotonic_ms, BREAKER)


class DiscardsStale(OtherGuarded):
    """Takes no notice of what ends in another state than it began in."""

    guarded = _Generations


class _Fresh(Restaurants):
    def __init__(self, guide: Guarded) -> None:
        super().__init__(guide)
        self.read_ms: dict[str, int] = {}

    async def get(self, restaurant: str, request: str) -> Json:
        now_ms = self.guide.ports.clock.monotonic_ms()
        if restaurant in self.known and now_ms - self.read_ms.get(restaurant, -_FRESH_MS) < _FRESH_MS:
            return {**self.known[restaurant], "source": "cache", "why": ""}
        found = await super().get(restaurant, request)
        if not found["why"]:
            self.read_ms[restaurant] = now_ms
        return found


class KeepsFresh(FrontService):
    """Does not ask the guide again for what it said a moment ago."""

    def make_restaurants(self) -> Restaurants:
        return _Fresh(self.outside[GUIDE])


class _Shared(Restaurants):
    def __init__(self, guide: Guarded) -> None:
        super().__init__(guide)
        self.asked: dict[str, asyncio.Future[Json]] = {}

    async def get(self, restaurant: str, request: str) -> Json:
        asked = self.asked.get(restaurant)
        if asked is None:
            asked = self.asked[restaurant] = asyncio.ensure_future(super().get(restaurant, request))
            asked.add_done_callback(lambda _: self.asked.pop(restaurant))
        return await asyncio.shield(asked)


class SharesACall(FrontService):
    """Answers all who ask for the same restaurant at one time by one call."""

    def make_restaurants(self) -> Restaurants:
        return _Shared(self.outside[GUIDE])


class _AtOnce(MailWorker):
    async def tick(self) -> None:
        owed = await self.owed()
        for begin in range(0, len(owed), _AT_ONCE):
            await asyncio.gather(*(self.try_to_send(order) for order in owed[begin : begin + _AT_ONCE]))

    async def try_to_send(self, order: str) -> None:
        """Send a mail; the next tick tries again what fails."""
        with contextlib.suppress(NotTaken, *TRANSIENT):
            await self.send(order)
            await self.mark(order)


class MailsAtOneTime(FrontService):
    """Sends several mails at one time, and none waits for another that fails."""

    def make_worker(self) -> MailWorker:
        return _AtOnce(self.ports, self.config)


CORRECT = [
    subject_of("restaurant-front/breaker-first", BreakerFirst, ""),
    subject_of("restaurant-front/waits-a-bit", WaitsABit, ""),
    subject_of("restaurant-front/reopens-at-once", ReopensAtOnce, ""),
    subject_of("restaurant-front/discards-stale", DiscardsStale, ""),
    subject_of("restaurant-front/keeps-fresh", KeepsFresh, ""),
    subject_of("restaurant-front/shares-a-call", SharesACall, ""),
    subject_of("restaurant-front/mails-at-one-time", MailsAtOneTime, ""),
]
