"""Mistakes of an order API that is right as one process and wrong as two behind one address: what it keeps in its memory."""

from __future__ import annotations

import asyncio

from shaketable.ports import TRANSIENT, Json, Ports, Request, Response, Transaction, UniqueViolation
from shaketable.subject import Subject, System
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import CONSUMER
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.idempotency import (
    OTHER_PAYLOAD,
    Effect,
    Keys,
    OneTransactionKeys,
    digest,
    record_of,
    stored_answer,
)
from shaketable_targets.order_system.order import OrderFront, order_row
from tests.mutants.hidden.declared import Hidden, order_subject

INSTANCES = ("order-1", "order-2")


class CachesKeys(OneTransactionKeys):
    """Reads the stored keys once, then keeps them in memory with its own: what another instance stored is not there."""

    __slots__ = ("_cache", "_gate")

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports)
        self._cache: dict[str, tuple[str, Response]] | None = None
        self._gate = asyncio.Lock()

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        async with self._gate:
            cache = await self._loaded()
            payload_hash = digest(body)
            if key in cache:
                stored_hash, stored = cache[key]
                return stored if stored_hash == payload_hash else OTHER_PAYLOAD
            try:
                async with self._database.transaction() as tx:
                    await effect(tx)
                    await tx.insert("idempotency", record_of(key, payload_hash, "DONE", answer))
            except TRANSIENT:
                self._cache = None  # it may have been committed
                raise
            cache[key] = payload_hash, answer
            return answer

    async def _loaded(self) -> dict[str, tuple[str, Response]]:
        if self._cache is None:
            async with self._database.transaction() as tx:
                rows = await tx.select("idempotency")
            self._cache = {str(row["key"]): (str(row["payload_hash"]), stored_answer(row)) for row in rows}
        return self._cache


class LocksInProcess(OrderFront):
    """Looks whether the order is there and then writes it, under a lock of its own process."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._gate = asyncio.Lock()

    async def place(self, request: Request) -> Response:
        async with self._gate:
            return await super().place(request)

    def make_keys(self) -> Keys:
        return LooksThenActs(self.ports)

    async def create(self, tx: Transaction, body: Json) -> None:
        if await tx.select("orders", ("id", "=", body["order"])):
            raise UniqueViolation(body["order"])
        await tx.insert("orders", order_row(body), on_conflict="ignore")
        await self.outbox.add(tx, "OrderCreated", body)


class LooksThenActs(OneTransactionKeys):
    """Looks for the record of a key, and writes it with the effect if there is none."""

    __slots__ = ()

    async def execute(self, key: str, body: Json, answer: Response, effect: Effect) -> Response:
        payload_hash = digest(body)
        async with self._database.transaction() as tx:
            stored = await tx.select("idempotency", ("key", "=", key))
            if stored:
                same = stored[0]["payload_hash"] == payload_hash
                return stored_answer(stored[0]) if same else OTHER_PAYLOAD
            await effect(tx)
            record = record_of(key, payload_hash, "DONE", answer)
            await tx.insert("idempotency", record, on_conflict="ignore")
        return answer


def _subject(name: str, target: System, made: type, kills: str = "") -> Subject:
    return order_subject(CONSUMER, name, target, profile.CONSUMER, made, tuple(kills.split()))


MUTANTS = (
    Hidden(
        _subject("caches-keys", system.consumer(keys=CachesKeys, orders=INSTANCES), CachesKeys, "ID-1"),
        "a client repeats its request, the other instance gets it, and says that the order exists under another key",
        "two instances behind one address",
    ),
    Hidden(
        _subject(
            "locks-in-process",
            system.consumer(order=LocksInProcess, orders=INSTANCES),
            LocksInProcess,
            "ID-2",
        ),
        "a client that is impatient asks twice, each instance gets one, and the order is announced twice",
        "two instances behind one address, and a repetition while the first is in work",
    ),
)

ALONE: tuple[Subject, ...] = (
    _subject("caches-keys-alone", system.consumer(keys=CachesKeys), CachesKeys),
    _subject("locks-in-process-alone", system.consumer(order=LocksInProcess), LocksInProcess),
)
"""The same as one process: right, but for a COMMIT that outlives its sender, which is a second process in effect."""
