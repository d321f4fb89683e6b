"""A relay that claims rows by locking them: polling with SKIP LOCKED."""

from __future__ import annotations

from shaketable_targets.order_system.relay import PENDING, Relay


class SkipLockedRelay(Relay):
    """Holds its rows locked from claim to mark, so that a second relay skips them.

    Skipping a locked row alone would let a later one of the same aggregate overtake it. Hence the plain read first:
    it shows the rows that another relay holds, and their aggregates are left alone.
    """

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx)
            if not rows:
                return False
            ids = [row["id"] for row in rows]
            claimed = await tx.select("outbox", ("id", "in", ids), PENDING, lock="skip_locked")
            tick = await self._publish(rows, {row["id"] for row in claimed})
            return await self._mark(tx, tick)
