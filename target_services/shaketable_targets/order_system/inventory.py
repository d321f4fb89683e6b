"""The inventory service: reserves stock for orders that are paid."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Change, Json, Transaction
from shaketable_targets.order_system.event_service import EventService, Handler
from shaketable_targets.order_system.events import PAYMENT_EVENTS


class InventoryService(EventService):
    """Counters per item and a reservation per order, always changed together."""

    role = "inventory"
    topics: tuple[str, ...] = (PAYMENT_EVENTS,)

    def handlers(self) -> Mapping[str, Handler]:
        return {"PaymentCompleted": self.reserve}

    async def reserve(self, event: Json) -> None:
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, event["event_id"]):
                return
            enough = await self.take(tx, event["item"], event["quantity"])
            if enough:
                await self.write_reservation(tx, event)
            await self.outbox.add(tx, "InventoryReserved" if enough else "InventoryFailed", event)

    async def take(self, tx: Transaction, item: str, quantity: int) -> bool:
        """Reserve stock if there is enough, in one statement: the database decides under the row's lock."""
        changes: dict[str, Change] = {"available": ("+", -quantity), "reserved": ("+", quantity)}
        return bool(await tx.update("stock", changes, ("item", "=", item), ("available", ">=", quantity)))

    async def write_reservation(self, tx: Transaction, event: Json) -> bool:
        """Insert the reservation of an order; False if it has one, which the inbox rules out."""
        reservation = {
            "order": event["order"],
            "item": event["item"],
            "quantity": event["quantity"],
            "status": "RESERVED",
        }
        return await tx.insert("reservations", reservation, on_conflict="ignore") is not None
