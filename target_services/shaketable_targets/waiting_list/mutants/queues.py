"""Mistakes in the queue itself, and in how it is asked."""

from __future__ import annotations

import contextlib

from shaketable.ports import TRANSIENT, Ports, Response
from shaketable_targets.order_system.config import Config
from shaketable_targets.waiting_list.healer import Healer
from shaketable_targets.waiting_list.queue import Queue, key_of
from shaketable_targets.waiting_list.service import WaitingListService
from shaketable_targets.waiting_list.waitings import CALLED, Waitings


class ScoresByArrival(WaitingListService):
    """Orders by when an entry reached Redis, not by when it came: what was late, or was healed, stands behind.

    Met where the score is the time at which the worker runs that adds it.
    """

    def make_queue(self) -> Queue:
        return _ArrivalQueue(self.ports, self.waitings)

    def make_healer(self) -> Healer:
        return _AddsWhatIsMissing(self.ports.clock, self.waitings, self.queue, self.config.poll_interval_ms)


class _ArrivalQueue(Queue):
    __slots__ = ("clock",)

    def __init__(self, ports: Ports, waitings: Waitings) -> None:
        super().__init__(ports, waitings)
        self.clock = ports.clock

    async def add(self, place: str, *entries: tuple[str, int]) -> None:
        await super().add(place, *((waiting, self.clock.now_ms()) for waiting, _ in entries))


class _AddsWhatIsMissing(Healer):
    async def mend(self, place: str) -> None:
        listed = dict(await self.queue.listed(place))
        active = dict(await self.waitings.active(place))
        for waiting in listed:
            if waiting not in active:
                await self.queue.remove(place, waiting)
        for waiting, score in active.items():
            if waiting not in listed:
                await self.queue.add(place, (waiting, score))


class CallsFromRedis(WaitingListService):
    """Calls the one that is first in Redis and writes that down, without asking whether the row still waits.

    Met as queues of which two workers read the head before either removes it, and as heads that were cancelled.
    """

    async def call(self, place: str) -> Response:
        listed = await self.queue.listed(place)
        if not listed:
            return Response(200, {"called": None, "invalidated": False})
        waiting = listed[0][0]
        async with self.ports.database.transaction() as tx:
            await tx.update("waitings", {"status": CALLED, "version": ("+", 1)}, ("id", "=", waiting))
        return Response(200, {"called": waiting, "invalidated": await self.ended(place, waiting)})


class NoFallback(WaitingListService):
    """Answers 503 while Redis is away, though the rows are there.

    Met where a cache became what the service cannot live without.
    """

    async def listed(self, place: str) -> list[str]:
        return [waiting for waiting, _ in await self.queue.listed(place)]


class CachesTheEmptyAnswer(WaitingListService):
    """Takes a queue that Redis does not have for an empty one, and keeps that answer.

    Met as negative caching: "nothing there" is kept like any other answer, and outlives the reason for it.
    """

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.empty: set[str] = set()

    async def listed(self, place: str) -> list[str]:
        if place in self.empty:
            return []
        found = await super().listed(place)
        if not found:
            self.empty.add(place)
        return found


class LeavesItToTheHealer(WaitingListService):
    """Leaves the removal of those that were called or cancelled to the healer: for up to a minute the queue says that they wait.

    Met where deletions are "eventually" cleaned up, and the readers were not asked whether they can wait.
    """

    async def ended(self, place: str, waiting: str) -> bool:
        with contextlib.suppress(*TRANSIENT):
            return await self.copies.invalidate(waiting)
        return False


class AddsBeforeTheCommit(WaitingListService):
    """Adds to Redis first and to the database then: what the database refuses stays in the queue until it is healed.

    Met as dual writes in the wrong order.
    """

    async def join(self, body: object) -> Response:
        if isinstance(body, dict) and isinstance(body.get("waiting"), str):
            with contextlib.suppress(*TRANSIENT):
                key, now_ms = key_of(str(body.get("place"))), self.ports.clock.now_ms()
                await self.queue.cache.sorted_add(key, body["waiting"], now_ms)
        return await super().join(body)
