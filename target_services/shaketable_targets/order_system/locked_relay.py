"""A relay that works only while it holds the lock: polling with a fenced lease."""

from __future__ import annotations

from shaketable.ports import Ports, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.relay import Publisher, Relay

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
        """Renew the lease, or take it if it is over; tell whether this relay has it."""
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
        """Tell whether this acquisition still owns the lock; if so, it does until `tx` ends."""
        return await self._renew(tx, self._clock.now_ms() + self._lease_ms)

    async def release(self, tx: Transaction) -> None:
        """Release the lock, if this acquisition still owns it."""
        await tx.update("relay_lock", {"until_ms": 0}, ROW, ("owner", "=", self._owner))
        self._owner = ""

    async def _renew(self, tx: Transaction, until_ms: int) -> bool:
        return bool(await tx.update("relay_lock", {"until_ms": until_ms}, ROW, ("owner", "=", self._owner)))


class LockedRelay(Relay):
    """Marks rows only in a transaction in which it still owns the lock (OB-4).

    No database transaction is open while it publishes. A relay that stalled past its lease may repeat what its
    successor publishes (consumers recognise duplicates), but its marks are refused.
    """

    def __init__(
        self,
        ports: Ports,
        config: Config,
        letters: DeadLetters,
        publisher: Publisher | None = None,
        lock: TableLock | None = None,
    ) -> None:
        super().__init__(ports, config, letters, publisher)
        self._lock = TableLock(ports, config) if lock is None else lock

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx) if await self._lock.hold(tx) else []
        if not rows:
            return False
        tick = await self._publish(rows, {row["id"] for row in rows})
        async with self._database.transaction() as tx:
            return await self._lock.confirm(tx) and await self._mark(tx, tick)
