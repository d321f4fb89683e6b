"""Mistakes in reading the database's log: when the slot is advanced, and how far."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from shaketable.ports import TRANSIENT, LockNotAvailable, LoggedTransaction, Row
from shaketable_targets.order_system.failures import Unpublishable
from shaketable_targets.order_system.log_relay import SLOT, LogRelay


class AdvancesFirst(LogRelay):
    """Consumes the changes as it reads them, by a slot that moves at once, and publishes then.

    Met in lukashes/outboxx (pull request 109), and yugabyte/yugabyte-db (issue 33126): the position was confirmed in front of the
    records that the broker had not taken yet.
    """

    async def relay(self, transaction: LoggedTransaction) -> None:
        await self._database.advance(SLOT, transaction.position)
        for logged in transaction.rows:
            await self.publish(logged.row)


class AdvancesPerRow(LogRelay):
    """Confirms the position of the transaction with each of its rows: a restart in its middle loses the rest.

    Met in debezium/debezium (pull request 7531, 2026): of several events at one position the first marked it as done.
    """

    async def relay(self, transaction: LoggedTransaction) -> None:
        for logged in transaction.rows:
            await self.publish(logged.row)
            await self._database.advance(SLOT, transaction.position)


class StartsAtEnd(LogRelay):
    """Begins with what is committed from now on, like one whose slot lives only as long as its connection.

    Met in replicase/pgcapture (pull request 56): a restart began at the end of the log, not where the slot stood.
    """

    async def run(self) -> None:
        await self.skip()
        await super().run()

    async def skip(self) -> None:
        """Leave behind all that there is."""
        while True:
            try:
                found = await self._database.peek(SLOT, self._config.batch_size)
                if not found:
                    return
                await self._database.advance(SLOT, found[-1].position)
            except (*TRANSIENT, LockNotAvailable):
                await self._clock.sleep(self._config.retry_backoff_ms)


class PassesOutage(LogRelay):
    """Logs that the broker did not confirm an event, and goes on with the next one."""

    async def publish(self, row: Row) -> None:
        try:
            await super().publish(row)
        except TRANSIENT:
            return


class DropsPoison(LogRelay):
    """Leaves out an event that the broker does not take, so that the log can be read on: only its own log has a line."""

    async def publish(self, row: Row) -> None:
        try:
            await self._publisher.publish(row)
        except Unpublishable:
            return


class FlushesInParallel(LogRelay):
    """Publishes all that it has read at once, and advances once all of it is confirmed."""

    async def relay_all(self, found: Sequence[LoggedTransaction]) -> None:
        rows = [logged.row for transaction in found for logged in transaction.rows]
        outcomes = await asyncio.gather(*(self.publish(row) for row in rows), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        if found:
            await self._database.advance(SLOT, found[-1].position)
