"""A lock in a table, with a lease: one relay at a time, and free again when its holder is gone."""

from __future__ import annotations

from shaketable_targets.order_system.config import Config
from shaketable_targets.ports import Ports, Transaction

ROW = ("name", "=", "outbox-relay")


class TableLock:
    """The row `outbox-relay` of `relay_lock`. Each acquisition has an owner id of its own: that is the fence."""

    __slots__ = ("_clock", "_lease_ms", "_name", "_new_id", "_owner")

    def __init__(self, ports: Ports, config: Config) -> None:
        self._clock = ports.clock
        self._name = ports.name
        self._new_id = ports.new_id
        self._lease_ms = config.lock_at_most_for_ms
        self._owner = ""

    async def hold(self, tx: Transaction) -> bool:
        """Renew the lease, or take it if it is over."""
        now_ms = self._clock.now_ms()
        until_ms = now_ms + self._lease_ms
        if self._owner and await self._renew(tx, until_ms):
            return True
        owner = f"{self._name}/{self._new_id()}"
        free = ("until_ms", "<=", now_ms)
        taken = await tx.update("relay_lock", {"owner": owner, "until_ms": until_ms}, ROW, free)
        self._owner = owner if taken else ""
        return bool(taken)

    async def confirm(self, tx: Transaction) -> bool:
        """Whether this acquisition still owns the lock; if so it stays so until `tx` ends."""
        return await self._renew(tx, self._clock.now_ms() + self._lease_ms)

    async def release(self, tx: Transaction) -> None:
        """Give the lock back, if it is still this acquisition's."""
        await tx.update("relay_lock", {"until_ms": 0}, ROW, ("owner", "=", self._owner))
        self._owner = ""

    async def _renew(self, tx: Transaction, until_ms: int) -> bool:
        return bool(await tx.update("relay_lock", {"until_ms": until_ms}, ROW, ("owner", "=", self._owner)))
