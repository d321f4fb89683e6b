"""Mistakes in the lock that relays share."""

from __future__ import annotations

from shaketable.ports import Ports, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.locked_relay import ROW, LockedRelay, TableLock
from shaketable_targets.order_system.relay import Tick


class UnfencedMark(LockedRelay):
    """Marks by id alone: a relay that lost the lock while it was paused writes over its successor's marks."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx) if await self._lock.hold(tx) else []
        if not rows:
            return False
        tick = await self._publish(rows, {row["id"] for row in rows})
        async with self._database.transaction() as tx:
            return await self._mark(tx, tick)

    async def _mark(self, tx: Transaction, tick: Tick) -> bool:
        if tick.confirmed:
            changes = {"status": "SENT", "owner": self._name}
            await tx.update("outbox", changes, ("id", "in", tick.confirmed))
        return await super()._mark(tx, Tick(tick.read, poison=tick.poison))


class WorksWithoutLock(LockedRelay):
    """Logs that another relay has the lock, and publishes all the same."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            await self._lock.hold(tx)
            rows = await self._pending(tx)
        if not rows:
            return False
        tick = await self._publish(rows, {row["id"] for row in rows})
        async with self._database.transaction() as tx:
            return await self._mark(tx, tick)


class EndlessLock(TableLock):
    """Takes the lock only if no relay has it; a relay that dies with it keeps it."""

    __slots__ = ()

    async def hold(self, tx: Transaction) -> bool:
        if self._owner:
            return True
        taken = await tx.update("relay_lock", {"owner": self._name}, ROW, ("owner", "=", ""))
        self._owner = self._name if taken else ""
        return bool(taken)


class LockWithoutLease(LockedRelay):
    """A lock that outlives its owner."""

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters, lock=EndlessLock(ports, config))
