"""A projector: reads the topics for one generation and applies record by record, position and view in one transaction."""

from __future__ import annotations

import asyncio
import json

from shaketable.ports import TRANSIENT, CommitRejected, Consumer, Ports, Record, Row, Transaction
from shaketable_targets.order_history.shop import ORDER_EVENTS, PAYMENT_EVENTS
from shaketable_targets.order_history.view import View, readable
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.failures import RETRIED, Unprocessable

TOPICS = (ORDER_EVENTS, PAYMENT_EVENTS)


class Projector:
    """Keeps one generation up to date. Any number may run for one generation, also by mistake: the position's row lets one in."""

    def __init__(self, ports: Ports, config: Config, generation: int, view: View) -> None:
        self.ports = ports
        self.config = config
        self.database = ports.database
        self.generation = generation
        self.view = view

    @property
    def group(self) -> str:
        """The consumer group; a new one starts at the first record."""
        return f"history-{self.generation}"

    async def run(self) -> None:
        """Read until cancelled; then the member leaves its group, so that others take over at once."""
        consumer = self.ports.broker.consumer(self.group, TOPICS)
        try:
            while True:
                await self.step(consumer)
        except asyncio.CancelledError:
            await consumer.close()
            raise

    async def step(self, consumer: Consumer) -> None:
        try:
            record = await consumer.get()
        except TRANSIENT:
            await self.ports.clock.sleep(self.config.retry_backoff_ms)
            return
        await self.process(record)
        await self.commit(consumer, record)

    async def commit(self, consumer: Consumer, record: Record) -> None:
        try:
            await consumer.commit(record)
        except (*TRANSIENT, CommitRejected):
            return  # it comes once more, and its position is known

    async def process(self, record: Record) -> None:
        """Return once the record is applied or parked; what can still succeed is repeated for as long as it takes."""
        attempt = 0
        while True:
            try:
                await self.take(record)
                return
            except RETRIED:
                attempt += 1
                await self.ports.clock.sleep(self.config.backoff_ms(attempt))

    async def take(self, record: Record) -> None:
        """Apply one record and move the position over it, or neither."""
        async with self.database.transaction() as tx:
            if await self.advance(tx, record):
                await self.apply(tx, record)

    async def apply(self, tx: Transaction, record: Record) -> None:
        """Apply a record, or park one that says too little: the others must not wait for it."""
        try:
            event = readable(record.value)
        except Unprocessable as error:
            await self.park(tx, record, str(error))
        else:
            if event is not None:
                await self.view.apply(tx, self.generation, event)

    async def advance(self, tx: Transaction, record: Record) -> bool:
        """Move the position over the record; False if it was there already. Others wait here until `tx` ends."""
        place = (
            ("generation", "=", self.generation),
            ("topic", "=", record.topic),
            ("partition", "=", record.partition),
        )
        first: Row = {"topic": record.topic, "partition": record.partition, "next": 0}
        await tx.insert("positions", {"generation": self.generation, **first}, on_conflict="ignore")
        rows = await tx.select("positions", *place, lock="update")
        if record.offset < int(rows[0]["next"] or 0):
            return False
        await tx.update("positions", {"next": record.offset + 1}, *place)
        return True

    async def park(self, tx: Transaction, record: Record, cause: str) -> None:
        """Keep a record that cannot be applied, with its cause."""
        value = record.value
        event_id = value.get("event_id") if isinstance(value, dict) else None
        place = f"{record.topic}/{record.partition}/{record.offset}"
        row: Row = {
            "generation": self.generation,
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "event_id": event_id if isinstance(event_id, str) else place,
            "payload": json.dumps(value),
            "cause": cause,
        }
        await tx.insert("parked", row, on_conflict="ignore")
