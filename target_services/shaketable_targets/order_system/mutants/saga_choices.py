"""Services that are sound where another choice is declared: which steps are undone, and whether a failing refund blocks."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Json, Timeout, Transaction
from shaketable_targets.order_system.dead_letters import DeadLetters
from shaketable_targets.order_system.event_service import Handler
from shaketable_targets.order_system.events import PAYMENT_EVENTS
from shaketable_targets.order_system.order import OrderService
from shaketable_targets.order_system.payment import PaymentService

_PENDING = "PaymentRefundPending"


class UndoesWhatFailed(PaymentService):
    """Gives up a charge that was not answered, reports it as failed, and refunds it in case it was done.

    That it gives up is stored first: from then on no answer of the provider makes it a payment.
    """

    async def charge(self, event: Json) -> None:
        if not await self._given_up(event["order"]):
            try:
                charged = await self.ask_charge(event)
            except Timeout:
                if not await self._give_up(event):
                    return  # the event was handled before: this is a repetition
            else:
                await self.write_charge(event, "CHARGED" if charged else "FAILED")
                return
        if await self.ask_charge(event):  # with the same key: now the outcome of the charge is known
            await self.ask_refund(event)
        await self._write_failure(event)

    async def _given_up(self, order: str) -> bool:
        async with self.database.transaction() as tx:
            return bool(await tx.select("payments", ("order", "=", order), ("status", "=", "GIVEN_UP")))

    async def _give_up(self, event: Json) -> bool:
        payment = {"order": event["order"], "amount": event["amount"], "status": "GIVEN_UP"}
        async with self.database.transaction() as tx:
            return await tx.insert("payments", payment, on_conflict="ignore") is not None

    async def _write_failure(self, event: Json) -> None:
        given_up = (("order", "=", event["order"]), ("status", "=", "GIVEN_UP"))
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, event["event_id"]):
                return
            if await tx.update("payments", {"status": "FAILED"}, *given_up):
                await self.outbox.add(tx, "PaymentFailed", event)


class PendingRefunds(DeadLetters):
    """Sets a payment to REFUND_PENDING in the transaction of its refund's letter, and announces that."""

    __slots__ = ()

    async def announce(self, tx: Transaction, event: Json, source: str, cause: str) -> None:
        await super().announce(tx, event, source, cause)
        if event["type"] == "InventoryFailed":
            charged = (("order", "=", event["order"]), ("status", "=", "CHARGED"))
            if await tx.update("payments", {"status": "REFUND_PENDING"}, *charged):
                pending = event | {"event_id": f"{event['event_id']}/pending", "type": _PENDING}
                await self._outbox.put(tx, PAYMENT_EVENTS, pending)


class OwesRefunds(PaymentService):
    """Announces that a refund has failed for now; a redrive completes it."""

    def make_letters(self) -> DeadLetters:
        return PendingRefunds(self.ports, self.config, self.outbox, self.role)

    async def write_refund(self, event: Json) -> None:
        owed = (("order", "=", event["order"]), ("status", "in", ("CHARGED", "REFUND_PENDING")))
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, event["event_id"]):
                return
            if await tx.update("payments", {"status": "REFUNDED"}, *owed):
                await self.outbox.add(tx, "PaymentRefunded", event)


class CancelsUnrefunded(OrderService):
    """Cancels an order whose refund is still pending."""

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), _PENDING: self.cancel}
