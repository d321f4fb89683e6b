"""The services of the tiny system that the clauses are played on: a shop that books and announces, a reader that listens.

It imports nothing of the harness but the ports' shapes, and those for type checkers only, so that real worlds can
run it as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shaketable.history import Json
    from shaketable.ports import Consumer, Ports, Request

PAY_TIMEOUT_MS = 4_000
RETRY_MS = 100


@dataclass(frozen=True, slots=True)
class Answer:
    """Fits `shaketable.ports.Response`."""

    status: int
    body: Json = None


class Shop:
    """Buys: asks the bank, inserts a sale, appends to `sales`. Keeps notes in the cache. Says goodbye when stopped."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def start(self) -> None:
        """Do nothing: nothing runs in the background."""

    async def stop(self) -> None:
        """Clean up, which leaves a trace: a power cut must not."""
        await self._ports.http.request("POST", "bank", "/bye", {})

    async def handle(self, request: Request) -> Answer:
        body = request.body or {}
        match request.path:
            case "/buy":
                return await self._buy(body["sale"])
            case "/count":
                async with self._ports.database.transaction() as t:
                    return Answer(200, {"sales": len(await t.select("sales"))})
            case "/note":
                return Answer(200, {"set": await self._ports.cache.set(f"note-{body['sale']}", "kept")})
            case "/noted":
                return Answer(200, {"note": await self._ports.cache.get(f"note-{body['sale']}")})
            case "/weigh":
                return Answer(200, {"bytes": len(body["text"])})
            case "/time":
                return _time(self._ports)
            case _:
                return Answer(404)

    async def _buy(self, sale: str) -> Answer:
        ports = self._ports
        await ports.http.request("POST", "bank", "/pay", {"sale": sale}, timeout_ms=PAY_TIMEOUT_MS)
        async with ports.database.transaction() as t:
            await t.insert("sales", {"id": sale})
        await ports.broker.send("sales", sale, {"sale": sale})
        return Answer(201, {"sold": sale})


class Reader:
    """Consumes `sales` into its own table, and tries again for ever what fails."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def start(self) -> None:
        self._consumer = self._ports.broker.consumer("readers", ["sales"])
        self._task = asyncio.create_task(self._listen(self._consumer))

    async def stop(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        await self._consumer.close()

    async def handle(self, request: Request) -> Answer:
        return _time(self._ports) if request.path == "/time" else Answer(404)

    async def _listen(self, consumer: Consumer) -> None:
        while True:
            record = await consumer.get()
            try:
                async with self._ports.database.transaction() as t:
                    await t.insert("seen", {"id": record.value["sale"]}, on_conflict="ignore")
                await consumer.commit(record)
            except Exception:  # whatever it was, the record is read again
                consumer.seek(record)
                await self._ports.clock.sleep(RETRY_MS)


def _time(ports: Ports) -> Answer:
    return Answer(200, {"wall_ms": ports.clock.now_ms(), "monotonic_ms": ports.clock.monotonic_ms()})
