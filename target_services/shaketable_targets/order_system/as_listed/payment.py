"""The listed choreography's payment handler (seed document, section 2-1)."""

from __future__ import annotations

from shaketable.ports import Json, Ports
from shaketable_targets.order_system.as_listed.partner import UnkeyedPartner
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.events import PAYMENT_EVENTS, event_of
from shaketable_targets.order_system.payment import PaymentService


class Declined(Exception):
    """The provider refused the charge."""


class AsListedPayment(PaymentService):
    """Charge, publish; every error in between counts as a failed payment.

    No inbox and no key, so a redelivery charges again; no outbox, so a crash after the charge loses the event; one
    catch-all around both steps, so a charge that timed out and an event that could not be published both become
    PaymentFailed while the money is kept. Refunds are the hardened ones.
    """

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._unkeyed = UnkeyedPartner(ports, config, "provider")

    async def charge(self, event: Json) -> None:
        try:
            await self._process_payment(event)
            await self._publish("PaymentCompleted", event)
        except Exception:  # the catch-all of the listing, and its worst defect
            await self._publish("PaymentFailed", event)

    async def _process_payment(self, event: Json) -> None:
        body = {"order": event["order"], "amount": event["amount"]}
        if not await self._unkeyed.ask("/charges", body, ""):
            raise Declined
        async with self.database.transaction() as tx:
            await tx.insert("payments", body | {"status": "CHARGED"}, on_conflict="ignore")

    async def _publish(self, kind: str, event: Json) -> None:
        order = event["order"]
        await self.ports.broker.send(PAYMENT_EVENTS, order, event_of(f"{kind}/{order}", kind, event))
