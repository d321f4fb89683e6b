"""Mistakes in the order service that break the saga, and in the mail to its customer."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.ports import Json, Ports, Request, Response, Transaction
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import Handler
from shaketable_targets.order_system.notification import NotificationService
from shaketable_targets.order_system.order import OrderService, order_row


class CancelBeforeRefund(OrderService):
    """Cancels as soon as the stock is known to be missing, before the refund is done."""

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), "InventoryFailed": self.cancel}


class ConfirmOnPayment(OrderService):
    """Confirms an order as soon as it is paid, before its stock is reserved."""

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), "PaymentCompleted": self.confirm}


class NoStatusGuard(OrderService):
    """Sets the status that the latest event asks for, whatever the status was."""

    async def move(self, event: Json, before: tuple[str, ...], after: str, announce: str) -> None:
        del before
        anything = ("PENDING", "CANCELLING", "CONFIRMED", "CANCELLED")
        await super().move(event, anything, after, announce)


class ExpectsOrder(OrderService):
    """Expects PaymentRefunded after InventoryFailed, but events of two topics have no order."""

    def handlers(self) -> Mapping[str, Handler]:
        return {**super().handlers(), "PaymentRefunded": self.finish_cancelling}

    async def finish_cancelling(self, event: Json) -> None:
        await self.move(event, ("CANCELLING",), "CANCELLED", "OrderCancelled")


class SharedContext(OrderService):
    """Keeps the order in work in an attribute: of two requests at once, one writes the other's order."""

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
    """Mails that the order is confirmed, however it ended."""

    async def send_mail(self, event: Json) -> None:
        mail = {"event": event["event_id"], "order": event["order"], "template": "confirmed"}
        await self.mailer.ask("/mails", mail, event["event_id"])
