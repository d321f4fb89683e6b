"""Mistakes in how rows are cached."""

from __future__ import annotations

import json

from shaketable.ports import TRANSIENT, Json, Response
from shaketable_targets.waiting_list.copies import Copies, copy_key
from shaketable_targets.waiting_list.service import NOT_WAITING, WaitingListService

_DAY_MS = 24 * 60 * 60 * 1_000


class FillsUnguarded(Copies):
    """Fills in what it has read, whatever was changed and invalidated since: the old value stays until its time is over.

    Met as the race of cache-aside that leases of memcached were made for.
    """

    async def store(self, waiting: str, found: Json, token: str) -> None:
        try:
            await self.cache.set(copy_key(waiting), json.dumps(found), ttl_ms=self.ttl_ms)
        except TRANSIENT:
            return


class SharesALateLoad(Copies):
    """Answers all who ask meanwhile with what the reader before them found, though it may have read before a change.

    Met with single flight: a caller that comes after a write joins a load that began before it.
    """

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.answers: dict[str, Json] = {}

    async def get(self, waiting: str) -> Json:
        load = self.loads.get(waiting)
        if load is None:
            return await super().get(waiting)
        await load.wait()
        return self.answers.get(waiting)

    async def fill(self, waiting: str) -> Json:
        found = self.answers[waiting] = await super().fill(waiting)
        return found


class KeepsForADay(Copies):
    """Keeps copies for a day, and goes on where an invalidation failed: then the old value is answered for a day.

    Met wherever a time to live was chosen for the hit rate and a failed delete is only logged.
    """

    ttl_ms = _DAY_MS


class InvalidatesFirst(WaitingListService):
    """Takes the copy away before it commits: a reader in between fills the old value in again.

    Met as evictions that run before the method that they annotate.
    """

    async def change(self, waiting: str, body: Json) -> Response:
        invalidated = await self.copies.invalidate(waiting)
        if not isinstance(body, dict) or not await self.waitings.change(waiting, int(body["party"])):
            return NOT_WAITING
        return Response(200, {"waiting": waiting, "party": body["party"], "invalidated": invalidated})


class WritesThroughFirst(WaitingListService):
    """Writes the new value into the cache and then into the database: one that the database refuses is answered all the same.

    Met as write-through around a transaction that is rolled back.
    """

    async def change(self, waiting: str, body: Json) -> Response:
        known = await self.copies.get(waiting)
        if known is not None and isinstance(body, dict):
            new = {**known, "party": body["party"], "version": known["version"] + 1}
            try:
                await self.copies.cache.set(copy_key(waiting), json.dumps(new), ttl_ms=_DAY_MS)
            except TRANSIENT:
                return Response(503, {"error": "the cache is away"})
        return await super().change(waiting, body)
