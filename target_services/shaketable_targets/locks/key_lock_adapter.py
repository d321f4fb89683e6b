"""Adapter of the key lock: three nodes that share one Redis and one resource."""

from __future__ import annotations

from collections.abc import Callable

from shaketable_targets.locks.key_lock import KEY, KeyLock
from shaketable_targets.locks.key_store import KeyStore
from shaketable_targets.locks.resource import Resource
from shaketable_targets.locks.settings import Clock, Points, Settings

SETTINGS = Settings(renew_ms=3_000)


class KeyLockAdapter:
    """`make` is the lock of one node; each node has a clock of its own, and Redis too."""

    def __init__(
        self,
        clock: Clock,
        points: Points,
        make: Callable[..., KeyLock] = KeyLock,
        settings: Settings = SETTINGS,
        resource: type[Resource] = Resource,
    ) -> None:
        self._points = points
        self._store = KeyStore(points, clock)
        self._resource = points.durable("resource", resource)
        self._locks = {node: make(node, self._store, clock.node(node), settings) for node in ("a", "b", "c")}

    async def acquire(self, holder: str) -> int | None:
        return await self._locks[holder].acquire()

    async def release(self, holder: str) -> bool:
        return await self._locks[holder].release()

    async def extend(self, holder: str) -> bool:
        return await self._locks[holder].extend()

    async def holds(self, holder: str) -> bool:
        return self._locks[holder].holds()

    async def write(self, holder: str) -> bool:
        """Write as the owner: the lease is looked at first, and may be over when the write arrives."""
        lock = self._locks[holder]
        token = lock.token
        if token is None or not lock.holds():
            return False
        await self._points.reach("resource.request")
        return self._resource.write(token, holder)

    def store(self) -> dict[str, object]:
        found = self._store.found(KEY)
        return {"owner": found[0].partition(":")[0] if found else "", "until_ms": found[1] if found else 0}

    def written(self) -> dict[str, object]:
        return self._resource.shown()
