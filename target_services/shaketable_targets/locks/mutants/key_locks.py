"""Mistakes in the key lock."""

from __future__ import annotations

import asyncio

from shaketable_targets.locks.key_lock import KEY, KeyLock


class RenewalDies(KeyLock):
    """Ends its renewal at the first error of the store, and tells its holder nothing.

    redisson's watchdog after a connection error (redisson/redisson#2515): the next lease is the last one.
    """

    async def _renew(self) -> None:
        while self.token is not None:
            await asyncio.sleep(self.settings.renew_ms / 1000)
            try:
                await self.extend()
            except (ConnectionError, TimeoutError):
                return

    def holds(self) -> bool:
        return self.token is not None


class NeverRenews(KeyLock):
    """Starts its renewal only for a lock that it takes again: the first lease just ends.

    A lost entry in the table of what is renewed (redisson/redisson#6844).
    """

    def _start(self) -> None:
        if self._attempts > 1:
            super()._start()


class RenewsAnyOwner(KeyLock):
    """Extends the key without a look at whose it is: a holder that lost the lock keeps its successor's alive and believes in it.

    PEXPIRE without a look at the value, as in cozy-stack's renewal (linagora/cozy-stack#4911).
    """

    async def extend(self) -> bool:
        if self.token is None:
            return False
        until_ms = self.clock.now_ms() + self.settings.lease_ms
        extended = await self.store.expire(KEY, self.settings.lease_ms)
        if extended:
            self.until_ms = until_ms
        return extended


class ComparesThenDeletes(KeyLock):
    """Reads the key, compares it, and deletes it in a second command: in between it may have become another's.

    apache/superset#43462 left it so and says why; leshan's lock had it (eclipse-leshan/leshan#837).
    """

    async def release(self) -> bool:
        if self.token is None:
            return False
        await self._stop()
        if await self.store.get(KEY) != self.value:
            self.token = None
            return False
        freed = await self.store.delete(KEY)
        self.token = None
        return freed


class ExpiresInASecondCommand(KeyLock):
    """Sets the key and gives it its end in a second command: what fails in between stays for ever.

    SETNX and EXPIRE, as tutorials had it before SET took both.
    """

    async def _take(self, value: str) -> int | None:
        if not await self.store.set_if_absent(KEY, value):
            return None
        await self.store.expire(KEY, self.settings.lease_ms)
        return await self.store.increment(f"{KEY}:token")


class RenewsAfterRelease(KeyLock):
    """Releases the key and leaves the renewal running, which takes the key again when it finds it gone.

    Redisson users met renewals that outlive their lock (redisson/redisson#3521).
    """

    async def release(self) -> bool:
        if self.token is None:
            return False
        return await self.store.delete(KEY, self.value)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.settings.renew_ms / 1000)
            try:
                if not await self.extend():
                    await self._take(self.value)
            except (ConnectionError, TimeoutError):
                continue


class TakesTheCallersWord(KeyLock):
    """Deletes the key for any holder that calls release, owner or not.

    A constant as the value and a plain DEL (kent8192/reinhardt-web#740).
    """

    async def release(self) -> bool:
        await self._stop()
        freed = await self.store.delete(KEY)
        self.token = None
        return freed
