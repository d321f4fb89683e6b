"""Mistakes in the store for asyncio."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any

from shaketable_targets.idempotency_stores.once_asyncio import AsyncOnce
from shaketable_targets.idempotency_stores.records import Record


class HeartbeatDies(AsyncOnce):
    """Ends its heartbeat at the first error of the store, and works on as if it still had the key.

    As redisson's watchdog after a connection error (redisson/redisson#2515).
    """

    async def renew(self, key: str, record: Record) -> None:
        is_ours = True
        while is_ours:
            await asyncio.sleep(self.records.settings.renew_ms / 1000)
            try:
                is_ours = await self.send(partial(self.records.renew, key, record))
            except (ConnectionError, TimeoutError):
                return


class HeartbeatRenewsAnyOwner(AsyncOnce):
    """Writes its record again with each heartbeat, also when the key is another's or done.

    An upsert for a renewal: the slower of two workers takes the key back, and the other cannot complete it.
    """

    async def renew(self, key: str, record: Record) -> None:
        while True:
            await asyncio.sleep(self.records.settings.renew_ms / 1000)
            until_ms = self.records.clock.now_ms() + self.records.settings.lease_ms
            try:
                await self.send(partial(self.records.put, key, replace(record, until_ms=until_ms)))
            except (ConnectionError, TimeoutError):
                continue

    async def complete(self, key: str, record: Record, result: Any) -> bool:
        until_ms = self.records.clock.now_ms() + self.records.settings.retention_ms
        done = replace(record, is_done=True, outcome=result, until_ms=until_ms)
        await self.send(partial(self.records.put, key, done))
        return True


class HeartbeatOutlivesItsWork(AsyncOnce):
    """Stops its heartbeat only when the work succeeds: what failed stays in progress for as long as the process lives.

    A task that is started beside the work and ended at its last line.
    """

    async def call(self, fn: Callable[[], Awaitable[Any]], key: str, payload: str) -> Any:
        record, is_new = await self.begin(key, payload)
        if not is_new:
            return self.outcome(record)
        heartbeat = asyncio.get_running_loop().create_task(self.renew(key, record))
        result = await fn()
        await self.stop(heartbeat)
        await self.complete(key, record, result)
        return result


class ReleasesOnlyErrors(AsyncOnce):
    """Releases a key after an error that it expects, and keeps it after every other one until its lease is over.

    A list of errors where every one was meant: useautumn/autumn#1851 released too few as well.
    """

    async def release(self, key: str, record: Record) -> bool:
        return isinstance(sys.exc_info()[1], ValueError) and await super().release(key, record)
