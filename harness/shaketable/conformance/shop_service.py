"""The services of the tiny system that the clauses are played on: a shop that books and announces, a reader that listens.

Like every service it imports nothing of the harness but the ports, so that real worlds can run it as it is.
"""

from __future__ import annotations

import asyncio
import contextlib

from shaketable.ports import Consumer, Ports, Request, Response

PAY_TIMEOUT_MS = 4_000
RETRY_MS = 100


class Shop:
    """Buys: asks the bank, inserts a sale, appends to `sales`. Keeps notes in the cache. Says goodbye when stopped."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def start(self) -> None:
        """Do nothing: nothing runs in the background."""

    async def stop(self) -> None:
        """Clean up, which leaves a trace: a power cut must not."""
        await self._ports.http.request("POST", "bank", "/bye", {})

    async def handle(self, request: Request) -> Response:
        body = request.body or {}
        match request.path:
            case "/buy":
                return await self._buy(body["sale"])
            case "/announce":
                await self._ports.broker.send("sales", body["sale"], body)
                return Response(200, {})
            case "/count":
                async with self._ports.database.transaction() as t:
                    return Response(200, {"sales": len(await t.select("sales"))})
            case "/note":
                return Response(200, {"set": await self._ports.cache.set(f"note-{body['sale']}", "kept")})
            case "/noted":
                return Response(200, {"note": await self._ports.cache.get(f"note-{body['sale']}")})
            case "/weigh":
                return Response(200, {"bytes": len(body["text"])})
            case "/time":
                return _time(self._ports)
            case _:
                return Response(404)

    async def _buy(self, sale: str) -> Response:
        ports = self._ports
        paid = await ports.http.request("POST", "bank", "/pay", {"sale": sale}, timeout_ms=PAY_TIMEOUT_MS)
        if paid.status >= 300:
            return Response(502, {"error": str(paid.status)})
        async with ports.database.transaction() as t:
            await t.insert("sales", {"id": sale})
        await ports.broker.send("sales", sale, {"sale": sale})
        return Response(201, {"sold": sale})


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

    async def handle(self, request: Request) -> Response:
        return _time(self._ports) if request.path == "/time" else Response(404)

    async def _listen(self, consumer: Consumer) -> None:
        while True:
            record = await consumer.get()
            try:
                if not isinstance(record.value, dict):  # it never says what was sold
                    await consumer.commit(record)
                    continue
                async with self._ports.database.transaction() as t:
                    await t.insert("seen", {"id": record.value["sale"]}, on_conflict="ignore")
                await consumer.commit(record)
            except Exception:  # whatever it was, the record is read again
                consumer.seek(record)
                await self._ports.clock.sleep(RETRY_MS)


def _time(ports: Ports) -> Response:
    return Response(200, {"wall_ms": ports.clock.now_ms(), "monotonic_ms": ports.clock.monotonic_ms()})
