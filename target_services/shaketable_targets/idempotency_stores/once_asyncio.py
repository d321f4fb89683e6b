"""Work that is done once for each key, for asyncio: while it runs a heartbeat extends the lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from shaketable_targets.idempotency_stores.once import REFUSALS
from shaketable_targets.idempotency_stores.records import Record, Records, send_async
from shaketable_targets.idempotency_stores.settings import InProgress, Lost, Points

T = TypeVar("T")


class AsyncOnce:
    """One worker; all workers share the records."""

    def __init__(self, records: Records, points: Points) -> None:
        self.records = records
        self.points = points

    async def call(self, fn: Callable[[], Awaitable[Any]], key: str, payload: str) -> Any:
        """Execute `fn` if the key is new, else return its outcome; raises as `Once.call` does."""
        record, is_new = await self.begin(key, payload)
        if not is_new:
            return self.outcome(record)
        heartbeat = asyncio.get_running_loop().create_task(self.renew(key, record))
        try:
            result = await fn()
        except BaseException:
            await self.stop(heartbeat)
            with suppress(ConnectionError, TimeoutError):
                await self.release(key, record)
            raise
        await self.stop(heartbeat)
        if not await self.complete(key, record, result):
            raise Lost
        return result

    async def begin(self, key: str, payload: str) -> tuple[Record, bool]:
        return await self.send(partial(self.records.begin, key, payload))

    async def complete(self, key: str, record: Record, result: Any) -> bool:
        return await self.send(partial(self.records.complete, key, record, result))

    async def release(self, key: str, record: Record) -> bool:
        return await self.send(partial(self.records.release, key, record))

    async def renew(self, key: str, record: Record) -> None:
        """Extend the lease until it is lost; an error of the store is no loss before the lease is over."""
        is_ours = True
        while is_ours:
            await asyncio.sleep(self.records.settings.renew_ms / 1000)
            with suppress(ConnectionError, TimeoutError):
                is_ours = await self.send(partial(self.records.renew, key, record))

    async def stop(self, heartbeat: asyncio.Task[None]) -> None:
        heartbeat.cancel()
        await asyncio.wait((heartbeat,))

    def outcome(self, record: Record) -> Any:
        if not record.is_done:
            raise InProgress
        return record.outcome

    async def send(self, command: Callable[[], T]) -> T:
        return await send_async(self.points, command)


class AsyncOnceAdapter:
    """Two workers on one store; `make` is one of them, and its settings are those of `records`."""

    rejections = REFUSALS

    def __init__(self, records: Records, points: Points, make: type[AsyncOnce] = AsyncOnce) -> None:
        self._workers = {name: make(records, points) for name in ("a", "b")}

    async def call(self, fn: Callable[[], Awaitable[Any]], worker: str, key: str, payload: str) -> Any:
        return await self._workers[worker].call(fn, key, payload)
