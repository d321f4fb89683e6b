"""A lock that is one key of Redis: set if absent with a time to live, deleted by compare and delete, extended by itself."""

from __future__ import annotations

import asyncio

from shaketable_targets.locks.key_store import KeyStore
from shaketable_targets.locks.settings import Clock, Settings

KEY = "jobs"


class KeyLock:
    """The lock as one node uses it. While it is held a task extends its lease; `lost` once that was in vain."""

    def __init__(self, node: str, store: KeyStore, clock: Clock, settings: Settings) -> None:
        self.node = node
        self.store = store
        self.clock = clock
        self.settings = settings
        self.token: int | None = None
        self.until_ms = 0
        self.value = ""
        """What its key has as a value since the last acquire that was granted: no two have the same."""
        self._renewal: asyncio.Task[None] | None = None
        self._attempts = 0

    async def acquire(self) -> int | None:
        """Take the lock; return the fencing token, or None while another, or an earlier acquire, has it."""
        if self.holds():
            return None
        await self._stop()
        self._attempts += 1
        value = f"{self.node}:{self._attempts}"
        until_ms = self.clock.now_ms() + self.settings.lease_ms
        token = await self._take(value)
        if token is not None:
            self.token, self.until_ms, self.value = token, until_ms, value
            self._start()
        return token

    async def release(self) -> bool:
        """Give the lock back; return False if it is not the caller's any more. After an error it can be called again."""
        if self.token is None:
            return False
        await self._stop()
        freed = await self.store.delete(KEY, self.value)
        self.token = None
        return freed

    async def extend(self) -> bool:
        """Take the lock for a full lease from now on; return False if it is not the caller's any more."""
        if self.token is None:
            return False
        until_ms = self.clock.now_ms() + self.settings.lease_ms
        extended = await self.store.expire(KEY, self.settings.lease_ms, self.value)
        if extended:
            self.until_ms = max(self.until_ms, until_ms)
        return extended

    def holds(self) -> bool:
        """Tell, without asking the store, whether the lease that was granted or extended last still runs."""
        return self.token is not None and self.clock.now_ms() < self.until_ms

    async def _take(self, value: str) -> int | None:
        return await self.store.take(KEY, value, self.settings.lease_ms)

    def _start(self) -> None:
        if self.settings.renew_ms:
            self._renewal = asyncio.get_running_loop().create_task(self._renew())

    async def _renew(self) -> None:
        """Extend the lease until it is lost; an error of the store is no loss before the lease is over."""
        while self.holds():
            await asyncio.sleep(self.settings.renew_ms / 1000)
            try:
                if not await self.extend():
                    self.until_ms = 0
            except (ConnectionError, TimeoutError):
                continue

    async def _stop(self) -> None:
        renewal, self._renewal = self._renewal, None
        if renewal is not None:
            renewal.cancel()
            await asyncio.wait((renewal,))
