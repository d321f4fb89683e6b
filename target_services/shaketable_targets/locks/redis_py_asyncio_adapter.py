"""Adapter of `redis.asyncio.lock.Lock`: three clients, each with a lock object, on one Redis. It has no fencing token."""

from __future__ import annotations

from typing import Any

from redis.asyncio.lock import Lock
from redis.exceptions import LockError

from shaketable_targets.locks.redis_py_adapter import LEASE_S
from shaketable_targets.locks.redis_py_keys import AsyncClient, LockKeys
from shaketable_targets.locks.resource import TrustingResource
from shaketable_targets.locks.settings import Clock, Points


class AsyncLock(Lock):
    """A class of its own, as the library keeps its scripts on the class."""


class AsyncRedisPyAdapter:
    """Locks that do not wait."""

    rejections = (LockError,)

    def __init__(self, clock: Clock, points: Points) -> None:
        self._keys, self._points = LockKeys(points, clock), points
        self._resource = points.durable("resource", TrustingResource)
        clients: list[Any] = [AsyncClient(name, self._keys, points) for name in ("a", "b", "c")]
        self._locks = {
            c.by: AsyncLock(c, "jobs", timeout=LEASE_S, blocking=False, thread_local=False) for c in clients
        }

    async def acquire(self, holder: str) -> object:
        return await self._locks[holder].acquire()

    async def release(self, holder: str) -> None:
        await self._locks[holder].release()

    async def extend(self, holder: str) -> object:
        return await self._locks[holder].extend(LEASE_S, replace_ttl=True)

    async def holds(self, holder: str) -> object:
        return await self._locks[holder].owned()

    async def write(self, holder: str) -> bool:
        if not await self._locks[holder].owned():
            return False
        await self._points.reach("resource.request")
        return self._resource.write(0, holder)

    def store(self) -> dict[str, object]:
        return self._keys.shown("jobs")

    def written(self) -> dict[str, object]:
        return self._resource.shown()
