"""Mistakes that need a second instance."""

from __future__ import annotations

from shaketable_targets.order_system.inventory import InventoryService
from shaketable_targets.order_system.payment import PaymentService
from shaketable_targets.ports import Json, Transaction


class KeyPerInstance(PaymentService):
    """Puts its own name into the key, to tell instances apart: who takes over a charge charges again."""

    async def ask_charge(self, event: Json) -> bool:
        body = {"order": event["order"], "amount": event["amount"]}
        return await self.provider.ask("/charges", body, f"charge-{self.ports.name}-{event['order']}")


class ReadsThenWrites(InventoryService):
    """Reads the counters, computes, writes them back: two instances at once and one of them has not happened."""

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
