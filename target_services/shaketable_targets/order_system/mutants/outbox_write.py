"""Mistakes in writing events."""

from __future__ import annotations

from shaketable.ports import Json, Ports, Request, Response, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.events import TOPIC_OF, event_of
from shaketable_targets.order_system.order import RelaylessOrder, order_row


class SeparateTransactions(RelaylessOrder):
    """Writes the event in a transaction of its own: a crash in between keeps the order and no event."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._created: dict[str, Json] = {}

    async def create(self, tx: Transaction, body: Json) -> None:
        await tx.insert("orders", order_row(body))
        self._created[body["order"]] = body

    async def place(self, request: Request) -> Response:
        response = await super().place(request)
        created = self._created.pop(request.body["order"], None)
        if created is not None and response.status == 201:
            async with self.database.transaction() as tx:
                await self.outbox.add(tx, "OrderCreated", created)
        return response


class PublishBeforeCommit(RelaylessOrder):
    """Publishes at once, inside the transaction, and keeps the row for safety: a rollback comes too late."""

    async def create(self, tx: Transaction, body: Json) -> None:
        event = event_of(self.ports.new_id(), "OrderCreated", body)
        await tx.insert("orders", order_row(body))
        await self.outbox.put(tx, TOPIC_OF["OrderCreated"], event)
        await self.ports.broker.send(TOPIC_OF["OrderCreated"], body["order"], event)
