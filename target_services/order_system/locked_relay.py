"""A relay that works only while it holds the lock: polling with a fenced lease."""

from __future__ import annotations

from target_services.order_system.config import Config
from target_services.order_system.dead_letters import DeadLetters
from target_services.order_system.publisher import Publisher
from target_services.order_system.relay import Relay
from target_services.order_system.table_lock import TableLock
from target_services.ports import Ports


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
