"""Mistakes in what is remembered of the way through the topics."""

from __future__ import annotations

from shaketable.ports import TRANSIENT, Consumer, Ports, Record, Transaction
from shaketable_targets.order_history.projector import Projector
from shaketable_targets.order_history.view import View
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.failures import RETRIED, Unavailable


class SavesPositionFirst(Projector):
    """Saves the position in a transaction before that of the view: a crash in between loses the event.

    Met where a checkpoint passed events whose handler had never run, after the process was killed for its memory (Eventuous 222).
    """

    async def take(self, record: Record) -> None:
        async with self.database.transaction() as tx:
            is_new = await self.advance(tx, record)
        while is_new:
            try:
                async with self.database.transaction() as tx:
                    await self.apply(tx, record)
                return
            except RETRIED:
                await self.ports.clock.sleep(self.config.retry_backoff_ms)


class SkipsOnError(Projector):
    """Logs an event whose handler failed and goes on with the next: a deadlock or a lost connection leaves a hole.

    Met as a processor that skips what it cannot process, although the database was only away for a moment (YATT 43).
    """

    async def process(self, record: Record) -> None:
        try:
            await self.take(record)
        except TRANSIENT:
            return


class CommitsOnReceipt(Projector):
    """Commits the offset as soon as it has the record, as automatic commits do, and goes on from there after a crash.

    Met as consumers with automatic commits that lost what they were working on when they died; a position that only ever moves
    forward does not notice that some were left out.
    """

    async def step(self, consumer: Consumer) -> None:
        try:
            record = await consumer.get()
        except TRANSIENT:
            await self.ports.clock.sleep(self.config.retry_backoff_ms)
            return
        await self.commit(consumer, record)
        await self.process(record)


class RemembersInMemory(Projector):
    """Recognises repetitions by what it remembers itself: to another member, or after a restart, they are new."""

    def __init__(self, ports: Ports, config: Config, generation: int, view: View) -> None:
        super().__init__(ports, config, generation, view)
        self.seen: dict[tuple[str, int, int], None] = {}

    async def advance(self, tx: Transaction, record: Record) -> bool:
        return (record.topic, record.partition, record.offset) not in self.seen

    async def take(self, record: Record) -> None:
        await super().take(record)
        self.seen[record.topic, record.partition, record.offset] = None


class SavesPositionLater(Projector):
    """Saves the position in a transaction behind that of the view: a crash in between applies the event again."""

    async def take(self, record: Record) -> None:
        async with self.database.transaction() as tx:
            if await self.is_known(tx, record):
                return
            await self.apply(tx, record)
        async with self.database.transaction() as tx:
            await self.advance(tx, record)

    async def is_known(self, tx: Transaction, record: Record) -> bool:
        mine = (("generation", "=", self.generation), ("topic", "=", record.topic))
        rows = await tx.select("positions", *mine, ("partition", "=", record.partition))
        return any(record.offset < int(row["next"] or 0) for row in rows)


class BlocksOnPoison(Projector):
    """Repeats an event that nothing can read for as long as it takes: all behind it wait for ever.

    Met as projections that repeat one failing event every second, for ever, without an alarm (actor-ts 650).
    """

    async def park(self, tx: Transaction, record: Record, cause: str) -> None:
        raise Unavailable(cause)


class DropsPoison(Projector):
    """Passes over an event that cannot be read, and keeps no trace of it.

    Met as error policies that skip, while what should have kept the skipped event was never called (jasperfx 303).
    """

    async def park(self, tx: Transaction, record: Record, cause: str) -> None:
        return
