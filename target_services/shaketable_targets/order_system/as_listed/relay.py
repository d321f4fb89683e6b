"""The listed relay (seed document, section 4): a scheduled method under a ShedLock-like lock."""

from __future__ import annotations

from shaketable_targets.order_system.failures import Unpublishable
from shaketable_targets.order_system.locked_relay import LockedRelay
from shaketable_targets.order_system.relay import PENDING


class AsListedRelay(LockedRelay):
    """Read every pending row, give each to the producer, mark it, commit.

    The send is neither awaited nor confirmed, the batch has no limit, one unpublishable row rolls back the marks of
    all, and a relay that stalls for longer than the lock lasts continues beside its successor.
    """

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            held = await self._lock.hold(tx)
        if held:
            try:
                await self._publish_pending_events()
            except Unpublishable:
                pass  # the scheduler logs it and calls the method again
            finally:
                async with self._database.transaction() as tx:
                    await self._lock.release(tx)
        return False

    async def _publish_pending_events(self) -> None:
        async with self._database.transaction() as tx:
            rows = await tx.select("outbox", PENDING)
            for row in rows:
                event = self._publisher.readable(row)
                self._broker.send_later(str(row["topic"]), str(row["aggregate"]), event)
            if rows:
                changes = {"status": "SENT", "owner": self._name}
                await tx.update("outbox", changes, ("id", "in", [row["id"] for row in rows]))
