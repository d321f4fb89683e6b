"""Mistakes in the order of a relay's work: which rows it takes, when it marks them, when it gives one up."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shaketable.ports import TRANSIENT, Row, Transaction
from shaketable_targets.order_system.failures import Unpublishable
from shaketable_targets.order_system.locked_relay import LockedRelay
from shaketable_targets.order_system.relay import PENDING, Tick


class MarkFirst(LockedRelay):
    """Marks before it publishes, so that nothing is ever sent twice: a crash in between loses the event."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx) if await self._lock.hold(tx) else []
            tick = Tick(len(rows), [int(row["id"] or 0) for row in rows])
            await self._mark(tx, tick)
        await self._publish(rows, tick.confirmed)
        return False


class DeletesFirst(LockedRelay):
    """Deletes rows from the outbox, then publishes them: a crash in between loses the events."""

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            rows = await self._pending(tx) if await self._lock.hold(tx) else []
            rows = [row for row in rows if len(str(row["payload"])) <= self._config.event_bytes_max]
            if rows:
                await tx.delete("outbox", ("id", "in", [row["id"] for row in rows]))
        await self._publish(rows, {row["id"] for row in rows})
        return False


class CursorById(LockedRelay):
    """Remembers the last id: a row that commits after one with a higher id is never read."""

    _last = 0

    async def _pending(self, tx: Transaction) -> list[Row]:
        after = ("id", ">", self._last)
        return await tx.select("outbox", PENDING, after, order_by=("id",), limit=self._config.batch_size)

    async def _mark(self, tx: Transaction, tick: Tick) -> bool:
        self._last = max([self._last, *tick.confirmed])
        return await super()._mark(tx, tick)


class NewestFirst(LockedRelay):
    """Publishes the newest event first."""

    async def _pending(self, tx: Transaction) -> list[Row]:
        return list(reversed(await super()._pending(tx)))


class PassesFailedRow(LockedRelay):
    """Continues with the next row when one could not be published, even if it is of the same order."""

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        del mine
        tick = Tick(len(rows))
        for row in rows:
            try:
                await self._publisher.publish(row)
            except (*TRANSIENT, Unpublishable):
                continue
            tick.confirmed.append(int(row["id"] or 0))
        return tick


class PoisonBlocks(LockedRelay):
    """Stops at a row that cannot be published, so as to keep the order, and tries it again at every tick."""

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        del mine
        tick = Tick(len(rows))
        for row in rows:
            try:
                await self._publisher.publish(row)
            except (*TRANSIENT, Unpublishable):
                break
            tick.confirmed.append(int(row["id"] or 0))
        return tick


class Unbounded(LockedRelay):
    """Reads all rows at once: its batch has no limit."""

    async def _pending(self, tx: Transaction) -> list[Row]:
        return await tx.select("outbox", PENDING, order_by=("id",))


class DeadInSilence(LockedRelay):
    """Gives a row up after its attempts without a letter or an alert: only the log has a line."""

    async def _count_attempt(self, tx: Transaction, row: Row, cause: str) -> None:
        del cause
        attempts = int(row["attempts"] or 0) + 1
        dead = attempts >= self._config.poison_attempts_max
        changes = {"attempts": attempts, "status": "DEAD" if dead else "PENDING"}
        await tx.update("outbox", changes, ("id", "=", row["id"]), ("status", "=", "PENDING"))


class CountsOutages(LockedRelay):
    """Counts an attempt that the broker did not answer like one that it refused: after an outage good events are DEAD."""

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        tick = await super()._publish(rows, mine)
        done = {*tick.confirmed, *(row["id"] for row, _ in tick.poison)}
        failed = next((row for row in rows if row["id"] not in done), None)
        if failed is not None:
            tick.poison.append((failed, "the broker did not answer"))
        return tick
