"""Mistakes in the order service that the saga suffers from, and in what its customer is told."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Json, Ports, Request, Response, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import Handler
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.order import OrderService, order_row


class CancelBeforeRefund(OrderService):
    """Cancels as soon as the stock is known to be missing; the refund will surely follow."""

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), "InventoryFailed": self.cancel}


class ConfirmOnPayment(OrderService):
    """Confirms what is paid; there is always stock."""

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), "PaymentCompleted": self.confirm}


class NoStatusGuard(OrderService):
    """Sets the status that the latest event asks for, whatever it was."""

    async def move(self, event: Json, before: tuple[str, ...], after: str, announce: str) -> None:
        del before
        anything = ("PENDING", "CANCELLING", "CONFIRMED", "CANCELLED")
        await super().move(event, anything, after, announce)


class ExpectsOrder(OrderService):
    """Knows PaymentRefunded only after InventoryFailed; events of two topics come as they please."""

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), "PaymentRefunded": self.finish_cancelling}

    async def finish_cancelling(self, event: Json) -> None:
        await self.move(event, ("CANCELLING",), "CANCELLED", "OrderCancelled")


class SharedContext(OrderService):
    """Keeps the order in work in an attribute: two requests at once write each other's."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._current: Json = None

    async def place(self, request: Request) -> Response:
        self._current = request.body
        return await super().place(request)

    async def create(self, tx: Transaction, body: Json) -> None:
        await tx.insert("orders", order_row(body))
        await self.outbox.add(tx, "OrderCreated", {**self._current, "order": body["order"]})


class OneTemplate(NotificationService):
    """Thanks for the order, however it ended."""

    async def send_mail(self, event: Json) -> None:
        mail = {"event": event["event_id"], "order": event["order"], "template": "confirmed"}
        await self.mailer.ask("/mails", mail, event["event_id"])
