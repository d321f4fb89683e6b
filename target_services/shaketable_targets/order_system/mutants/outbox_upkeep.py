"""Mistakes in what a relay does to many rows: claims, parallel sends, retention."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from shaketable.ports import TRANSIENT, Row
from shaketable_targets.order_system.failures import Unpublishable
from shaketable_targets.order_system.relay import PENDING, Tick
from shaketable_targets.order_system.woken_relay import WokenRelay


class SweepsUnsent(WokenRelay):
    """Deletes old rows so that the table stays small, and asks for their age only, not whether they were sent.

    Met in postalserver/postal (issue 353): a retention too short for an outage deletes what was never sent.
    """

    async def tick(self) -> bool:
        try:
            return await super().tick()
        finally:
            async with self._database.transaction() as tx:
                kept_ms = 2 * self._config.poll_interval_ms
                await tx.delete("outbox", ("created_ms", "<", self._clock.now_ms() - kept_ms))


class ClaimsWithoutLease(WokenRelay):
    """Claims rows by a status of their own, which no time ends: those of a relay that dies stay claimed.

    Met in FlowCrypt/flowcrypt-android (issue 381): a message whose sender was killed stays `Sending`.
    """

    async def tick(self) -> bool:
        open_rows = ("status", "in", ("PENDING", "CLAIMED"))
        async with self._database.transaction() as tx:
            rows = await tx.select("outbox", open_rows, order_by=("id",), limit=self._config.batch_size)
            free = [row["id"] for row in rows if row["status"] == "PENDING"]
            if not free:
                return False
            claimed = await tx.select("outbox", ("id", "in", free), PENDING, lock="skip_locked")
            mine = [row["id"] for row in claimed]
            await tx.update("outbox", {"status": "CLAIMED", "owner": self._name}, ("id", "in", mine))
        tick = await self._publish(rows, mine)
        async with self._database.transaction() as tx:
            rest = [number for number in mine if number not in tick.confirmed]
            await tx.update("outbox", {"status": "PENDING", "owner": ""}, ("id", "in", rest))
            await tx.update("outbox", {"status": "SENT"}, ("id", "in", tick.confirmed))
            return await self._mark(tx, Tick(tick.read, poison=tick.poison))


class SendsInParallel(WokenRelay):
    """Sends a batch at once: when the first event of an order fails, the second one is on the topic all the same.

    Met in ow00us/sb11-mopl-team1 (issue 266): what waits for another attempt is overtaken by a later event of the same key.
    """

    async def _publish(self, rows: Sequence[Row], mine: Collection[object]) -> Tick:
        tick = Tick(len(rows))

        async def send(row: Row) -> None:
            try:
                await self._publisher.publish(row)
            except Unpublishable as error:
                tick.poison.append((row, str(error)))
            except TRANSIENT:
                return
            else:
                tick.confirmed.append(int(row["id"] or 0))

        await asyncio.gather(*(send(row) for row in rows if row["id"] in mine))
        return tick
