"""The payment service: charges orders, and refunds those that cannot be delivered."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Json, Ports
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import EventService, Handler
from shaketable_targets.order_system.events import INVENTORY_EVENTS, ORDER_EVENTS
from shaketable_targets.order_system.partner import Partner


class PaymentService(EventService):
    """Asks the provider first, with a key made from the order, then writes its answer down.

    A crash in between is harmless: the event is delivered again, and the provider repeats its answer.
    """

    role = "payment"
    topics: tuple[str, ...] = (ORDER_EVENTS, INVENTORY_EVENTS)

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.provider = self.make_provider()

    def make_provider(self) -> Partner:
        return Partner(self.ports, self.config, "provider")

    def handlers(self) -> Mapping[str, Handler]:
        return {"OrderCreated": self.charge, "InventoryFailed": self.refund}

    async def charge(self, event: Json) -> None:
        charged = await self.ask_charge(event)
        await self.write_charge(event, "CHARGED" if charged else "FAILED")

    async def ask_charge(self, event: Json) -> bool:
        order = event["order"]
        body = {"order": order, "amount": event["amount"]}
        return await self.provider.ask("/charges", body, f"charge-{order}")

    async def write_charge(self, event: Json, status: str) -> None:
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, event["event_id"]):
                return
            payment = {"order": event["order"], "amount": event["amount"], "status": status}
            await tx.insert("payments", payment, on_conflict="ignore")
            kind = "PaymentCompleted" if status == "CHARGED" else "PaymentFailed"
            await self.outbox.add(tx, kind, event)

    async def refund(self, event: Json) -> None:
        await self.ask_refund(event)
        await self.write_refund(event)

    async def ask_refund(self, event: Json) -> None:
        order = event["order"]
        await self.provider.ask("/refunds", {"order": order, "amount": event["amount"]}, f"refund-{order}")

    async def write_refund(self, event: Json) -> None:
        """Set the payment to REFUNDED; its row stays (SG-3)."""
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, event["event_id"]):
                return
            charged = (("order", "=", event["order"]), ("status", "=", "CHARGED"))
            if await tx.update("payments", {"status": "REFUNDED"}, *charged):
                await self.outbox.add(tx, "PaymentRefunded", event)
