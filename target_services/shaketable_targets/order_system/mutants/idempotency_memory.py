"""Mistakes in what is remembered of a key, and for how long; the last two are sound where another choice is declared."""

from __future__ import annotations

import asyncio
import json

from shaketable.ports import TRANSIENT, Json, Ports, Response, Row, UniqueViolation
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.idempotency import (
    IN_PROGRESS,
    Effect,
    LeasedKeys,
    digest,
    owned,
    record_of,
    stored_answer,
)
from shaketable_targets.order_system.order import EXISTS


class KeysInMemory(LeasedKeys):
    """Remembers answers in the process: a restart forgets them."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        memory: dict[str, Row] = self.__dict__.setdefault("memory", {})
        if key in memory:
            return self._answer_for(memory[key], digest(body), 0) or stored_answer(memory[key])
        memory[key] = record_of(key, digest(body), "RUNNING", None) | {"expires_ms": 1}
        try:
            async with self._database.transaction() as tx:
                await effect(tx)
        except BaseException:
            del memory[key]
            raise
        memory[key] = record_of(key, digest(body), "DONE", answer)
        return answer


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
    """Works on one request at a time and does not give the slot back after an error: then it hangs."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._slot = asyncio.Semaphore(1)

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        await self._slot.acquire()
        answered = await super().execute(key, body, answer, effect)
        self._slot.release()
        return answered


class ComparesOrders(LeasedKeys):
    """Recognises a payload by its order id: another amount under the same key is answered like the first."""

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


class KeyOfItsOrder(LeasedKeys):
    """Treats a key that comes with another order as another key."""

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        return await super().execute(f"{body['order']}/{key}", body, answer, effect)


class StoresRefusals(LeasedKeys):
    """Keeps a refusal like a success: a key that was refused once is refused for ever."""

    async def _complete(self, key: str, owner: str, answer: Response, effect: Effect) -> Response:
        try:
            return await super()._complete(key, owner, answer, effect)
        except UniqueViolation:
            changes = {"status": "DONE", "response": json.dumps([EXISTS.status, EXISTS.body])}
            async with self._database.transaction() as tx:
                kept = await tx.update("idempotency", changes, *owned(key, owner))
            return EXISTS if kept else IN_PROGRESS
