"""Adapter of `redis.lock.Lock`: three clients, each with a lock object, on one Redis. It has no fencing token."""

from __future__ import annotations

from typing import Any

from redis.exceptions import LockError
from redis.lock import Lock

from shaketable_targets.locks.redis_py_keys import Client, LockKeys
from shaketable_targets.locks.resource import TrustingResource
from shaketable_targets.locks.settings import Clock, Points

LEASE_S = 10


class SyncLock(Lock):
    """A class of its own, as the library keeps its scripts on the class."""


class RedisPyAdapter:
    """Locks that do not wait. A call's thread is not its holder's, so the token is not kept by thread."""

    rejections = (LockError,)

    def __init__(self, clock: Clock, points: Points) -> None:
        self._keys, self._points = LockKeys(points, clock), points
        self._resource = points.durable("resource", TrustingResource)
        clients: list[Any] = [Client(name, self._keys, points) for name in ("a", "b", "c")]
        self._locks = {
            c.by: SyncLock(c, "jobs", timeout=LEASE_S, blocking=False, thread_local=False) for c in clients
        }

    def acquire(self, holder: str) -> object:
        return self._locks[holder].acquire()

    def release(self, holder: str) -> None:
        self._locks[holder].release()

    def extend(self, holder: str) -> object:
        return self._locks[holder].extend(LEASE_S, replace_ttl=True)

    def holds(self, holder: str) -> object:
        return self._locks[holder].owned()

    def write(self, holder: str) -> bool:
        if not self._locks[holder].owned():
            return False
        self._points.reach("resource.request")
        return self._resource.write(0, holder)

    def store(self) -> dict[str, object]:
        return self._keys.shown("jobs")

    def written(self) -> dict[str, object]:
        return self._resource.shown()
