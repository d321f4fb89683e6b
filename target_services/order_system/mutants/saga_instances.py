"""Mistakes that need a second instance."""

from __future__ import annotations

from target_services.order_system.payment import PaymentService
from target_services.ports import Json


class KeyPerInstance(PaymentService):
    """Puts its own name into the key, to tell instances apart: who takes over a charge charges again."""

    async def ask_charge(self, event: Json) -> bool:
        body = {"order": event["order"], "amount": event["amount"]}
        return await self.provider.ask("/charges", body, f"charge-{self.ports.name}-{event['order']}")
