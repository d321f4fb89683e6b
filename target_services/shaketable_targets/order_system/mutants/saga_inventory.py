"""Mistakes in the inventory service."""

from __future__ import annotations

from shaketable.ports import Json, Ports, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.events import TOPIC_OF, event_of
from shaketable_targets.order_system.inbox import Inbox
from shaketable_targets.order_system.inventory import InventoryService


class ForgetfulInbox(Inbox):
    """Treats every event as a new one."""

    __slots__ = ()

    async def first_time(self, tx: Transaction, event_id: str) -> bool:
        return True


class NoInbox(InventoryService):
    """Trusts the broker to deliver once."""

    def make_inbox(self) -> Inbox:
        return ForgetfulInbox()


class StockInMemory(InventoryService):
    """Keeps the counters in memory and writes them back: a rollback leaves the memory ahead of the table."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._available: dict[str, int] = {}

    async def take(self, tx: Transaction, item: str, quantity: int) -> bool:
        if item not in self._available:
            rows = await tx.select("stock", ("item", "=", item))
            self._available[item] = int(rows[0]["available"] or 0) if rows else 0
        if self._available[item] < quantity:
            return False
        self._available[item] -= quantity
        changes = {"available": self._available[item]}
        await tx.update("stock", changes, ("item", "=", item))
        await tx.update("stock", {"reserved": ("+", quantity)}, ("item", "=", item))
        return True


class PublishAfterCommit(InventoryService):
    """Publishes after the commit: a crash in between reserves the stock and publishes no event."""

    async def reserve(self, event: Json) -> None:
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, event["event_id"]):
                return
            enough = await self.take(tx, event["item"], event["quantity"])
            if enough:
                await self.write_reservation(tx, event)
        kind = "InventoryReserved" if enough else "InventoryFailed"
        outcome = event_of(self.ports.new_id(), kind, event)
        await self.ports.broker.send(TOPIC_OF[kind], event["order"], outcome)


class ReadsThenWrites(InventoryService):
    """Reads the counters, computes, writes them back: of two instances at once, the change of one is lost."""

    async def take(self, tx: Transaction, item: str, quantity: int) -> bool:
        rows = await tx.select("stock", ("item", "=", item))
        available, reserved = (
            int(rows[0][column] or 0) if rows else 0 for column in ("available", "reserved")
        )
        if available < quantity:
            return False
        changes = {"available": available - quantity, "reserved": reserved + quantity}
        await tx.update("stock", changes, ("item", "=", item))
        return True
