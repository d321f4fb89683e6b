"""A relay that reads the database's log: change data capture by a logical replication slot, over SQL."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.ports import LockNotAvailable, LoggedTransaction, Ports, Refused, Row
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.failures import TurnedAway, Unpublishable
from shaketable_targets.order_system.locked_relay import TableLock
from shaketable_targets.order_system.relay import PENDING, Relay, stub, tells_of_failure

SLOT = "order_outbox"


class LogRelay(Relay):
    """Peeks, publishes, and advances the slot behind a transaction only once the broker has confirmed all its events.

    The log has transactions in the order of their commits, whole, and none that was rolled back. A relay that dies in the
    middle of one reads all of it again, and so does the next after a power cut of the database, which writes the position of a
    slot down at checkpoints only: consumers recognise duplicates. A lock keeps one relay active. One that stalled past its
    lease may repeat what its successor publishes, in the order of the log, and the slot never goes back.

    A row that no broker takes is given up at once, because the log cannot be read past it otherwise. A letter or an alert that
    the broker turns away is not: what tells of a failure is worth that the log waits.
    """

    def __init__(self, ports: Ports, config: Config, letters: DeadLetters) -> None:
        super().__init__(ports, config, letters)
        self._lock = TableLock(ports, config)

    async def tick(self) -> bool:
        async with self._database.transaction() as tx:
            if not await self._lock.hold(tx):
                return False
        try:
            found = await self._database.peek(SLOT, self._config.batch_size)
            await self.relay_all(found)
        except LockNotAvailable:
            return False  # two relays met, as one of them had stalled
        return bool(found)

    async def relay_all(self, found: Sequence[LoggedTransaction]) -> None:
        """Relay transactions, oldest first."""
        for transaction in found:
            await self.relay(transaction)

    async def relay(self, transaction: LoggedTransaction) -> None:
        """Publish what one transaction inserted, then leave it behind."""
        for logged in transaction.rows:
            await self.publish(logged.row)
        await self._database.advance(SLOT, transaction.position)

    async def publish(self, row: Row) -> None:
        """Publish one row, or give it up with a letter and an alert, which come through the log too."""
        try:
            await self._publisher.publish(row)
        except Unpublishable as error:
            if isinstance(error, TurnedAway) and tells_of_failure(row):
                raise Refused(str(error)) from error
            await self._give_up(row, str(error))

    async def _give_up(self, row: Row, cause: str) -> None:
        """Mark the row DEAD, if this relay still owns the lock. Raises LockNotAvailable if another has it by now."""
        async with self._database.transaction() as tx:
            if not await self._lock.confirm(tx):
                raise LockNotAvailable("another relay reads the log by now")
            if await tx.update("outbox", {"status": "DEAD"}, ("id", "=", row["id"]), PENDING):
                await self._letters.announce(tx, stub(row), "outbox", cause)
