"""Adapter of the row lock: three nodes that share one table and one resource."""

from __future__ import annotations

from collections.abc import Callable

from shaketable_targets.locks.lock_table import LockTable
from shaketable_targets.locks.resource import Resource
from shaketable_targets.locks.row_lock import RowLock
from shaketable_targets.locks.settings import Clock, Points, Settings

SETTINGS = Settings(at_least_ms=2_000)


class RowLockAdapter:
    """`make` is the lock of one node; each node has a clock of its own, and the database too."""

    def __init__(
        self,
        clock: Clock,
        points: Points,
        make: Callable[..., RowLock] = RowLock,
        settings: Settings = SETTINGS,
        resource: type[Resource] = Resource,
    ) -> None:
        self._points = points
        self._table = LockTable(points, clock)
        self._resource = points.durable("resource", resource)
        self._locks = {node: make(node, self._table, clock.node(node), settings) for node in ("a", "b", "c")}

    def acquire(self, holder: str) -> int | None:
        return self._locks[holder].acquire()

    def release(self, holder: str) -> bool:
        return self._locks[holder].release()

    def extend(self, holder: str) -> bool:
        return self._locks[holder].extend()

    def holds(self, holder: str) -> bool:
        return self._locks[holder].holds()

    def write(self, holder: str) -> bool:
        """Write as the owner: the lease is looked at first, and may be over when the write arrives."""
        lock = self._locks[holder]
        token = lock.token
        if token is None or not lock.holds():
            return False
        self._points.reach("resource.request")
        return self._resource.write(token, holder)

    def store(self) -> dict[str, object]:
        row = self._table.row
        taken = row.lock_until_ms > self._table.now_ms()
        return {"owner": row.owner if taken else "", "until_ms": row.lock_until_ms if taken else 0}

    def written(self) -> dict[str, object]:
        return self._resource.shown()
