"""Mistakes in what is remembered of a key, and for how long."""

from __future__ import annotations

import asyncio
import json

from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.idempotency import IN_PROGRESS, Effect, LeasedKeys, digest
from shaketable_targets.ports import TRANSIENT, Json, Ports, Response


class NeverLeaves(LeasedKeys):
    """Keeps the keys in work in a set, and takes a key out only when all went well."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._working: dict[str, None] = {}

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        if key in self._working:
            return IN_PROGRESS
        self._working[key] = None
        answered = await super().execute(key, body, answer, effect)
        del self._working[key]
        return answered


class LeaksItsSlot(LeasedKeys):
    """Works on one request at a time and forgets to give the slot back when something is raised: then it hangs."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._slot = asyncio.Semaphore(1)

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        await self._slot.acquire()
        answered = await super().execute(key, body, answer, effect)
        self._slot.release()
        return answered


class ComparesOrders(LeasedKeys):
    """Recognises a payload by its order's name: another amount under the same key is answered like the first."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        return await super().execute(key, {"order": body["order"]}, answer, effect)


class StoresOutages(LeasedKeys):
    """Stores whatever the answer was, an outage too."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        owner = self._new_id()
        refusal = await self._claim(key, digest(body), owner)
        if refusal is not None:
            return refusal
        try:
            return await self._complete(key, owner, answer, effect)
        except TRANSIENT as error:
            outage = [503, {"error": type(error).__name__}]
            async with self._database.transaction() as tx:
                changes = {"status": "DONE", "response": json.dumps(outage)}
                await tx.update("idempotency", changes, ("key", "=", key), ("status", "=", "RUNNING"))
            raise
