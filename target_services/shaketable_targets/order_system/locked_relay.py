"""A relay that works only while it holds the lock: polling with a fenced lease."""

from __future__ import annotations

from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.publisher import Publisher
from shaketable_targets.order_system.relay import Relay
from shaketable_targets.order_system.table_lock import TableLock
from shaketable_targets.ports import Ports


class LockedRelay(Relay):
    """Marks rows only in a transaction that proves it still owns the lock (OB-4).

    No database transaction is open while it publishes. A relay that stalled past its lease may repeat what its
    successor publishes (the consumers know duplicates), but its marks are refused.
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
