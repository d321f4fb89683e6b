"""Adapter of python-redis-lock 4.0.1: three clients, each with a lock object, on one Redis. It has no fencing token."""

from __future__ import annotations

import logging
from typing import Any

from redis_lock import UNLOCK_SCRIPT, AlreadyAcquired, Lock, NotAcquired  # type: ignore[import-untyped]

from shaketable_targets.locks.redis_py_keys import Client, LockKeys
from shaketable_targets.locks.resource import TrustingResource
from shaketable_targets.locks.settings import Clock, Points

LEASE_S = 10
logging.getLogger("redis_lock").addHandler(logging.NullHandler())  # it warns of every lock that is taken


class RedisLockKeys(LockKeys):
    """The keys, with the scripts of this library in place of redis-py's: each returns 0, or 1 for a lock that is not held."""

    def run(self, script: Any, key: str, arguments: list[Any]) -> int:
        found = self.found(key)
        if found is None or found[0] != arguments[0].encode():
            return 1
        if script == UNLOCK_SCRIPT:
            self.delete(key)
        else:
            self.expire(key, int(arguments[1]) * 1000)
        return 0


class RedisLockClient(Client):
    """What a Redis client is to this library: it sets text, for seconds."""

    def set(self, name: str, value: str, *, nx: bool, ex: int) -> Any:  # type: ignore[override]
        return super().set(name, value.encode(), nx=nx, px=ex * 1000)


class RedisLockAdapter:
    """Locks that do not wait."""

    rejections = (NotAcquired, AlreadyAcquired)

    def __init__(self, clock: Clock, points: Points) -> None:
        self._keys, self._points = RedisLockKeys(points, clock), points
        self._resource = points.durable("resource", TrustingResource)
        clients = [RedisLockClient(name, self._keys, points) for name in ("a", "b", "c")]
        self._locks: dict[str, Any] = {c.by: Lock(c, "jobs", expire=LEASE_S, strict=False) for c in clients}

    def acquire(self, holder: str) -> object:
        return self._locks[holder].acquire(blocking=False)

    def release(self, holder: str) -> None:
        self._locks[holder].release()

    def extend(self, holder: str) -> object:
        self._locks[holder].extend(LEASE_S)
        return True

    def holds(self, holder: str) -> object:
        return self._locks[holder].get_owner_id() == self._locks[holder].id

    def write(self, holder: str) -> bool:
        if not self.holds(holder):
            return False
        self._points.reach("resource.request")
        return self._resource.write(0, holder)

    def store(self) -> dict[str, object]:
        return self._keys.shown("lock:jobs")

    def written(self) -> dict[str, object]:
        return self._resource.shown()
