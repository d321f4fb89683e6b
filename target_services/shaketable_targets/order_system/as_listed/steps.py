"""Payment and inventory as an orchestrator calls them. They are correct; the defects are the caller's."""

from __future__ import annotations

from shaketable.ports import Json, Request, Response
from shaketable_targets.order_system.event_service import NOT_FOUND
from shaketable_targets.order_system.failures import Unavailable
from shaketable_targets.order_system.inventory import InventoryService
from shaketable_targets.order_system.payment import PaymentService


class OutOfStock(Exception):
    """The stock is not enough: it rolls the reservation back."""


OUT_OF_STOCK = Response(409, {"error": "out of stock"})
DECLINED = Response(402, {"error": "declined"})
DONE = Response(201)


class PaymentSteps(PaymentService):
    """POST /payments and POST /refunds, each safe to repeat."""

    topics = ()

    async def respond(self, request: Request) -> Response:
        try:
            match request.method, request.path:
                case "POST", "/payments":
                    return await self._pay(request.body)
                case "POST", "/refunds":
                    return await self._refund(request.body)
        except Unavailable:
            return Response(503, {"error": "provider unavailable"})
        return NOT_FOUND

    async def _pay(self, order: Json) -> Response:
        charged = await self.ask_charge(order)
        payment = {"order": order["order"], "amount": order["amount"]}
        payment["status"] = "CHARGED" if charged else "FAILED"
        async with self.database.transaction() as tx:
            if await tx.insert("payments", payment, on_conflict="ignore") is not None:
                await self.outbox.add(tx, "PaymentCompleted" if charged else "PaymentFailed", order)
        return DONE if charged else DECLINED

    async def _refund(self, order: Json) -> Response:
        await self.ask_refund(order)
        charged = (("order", "=", order["order"]), ("status", "=", "CHARGED"))
        async with self.database.transaction() as tx:
            if await tx.update("payments", {"status": "REFUNDED"}, *charged):
                await self.outbox.add(tx, "PaymentRefunded", order)
        return DONE


class InventorySteps(InventoryService):
    """POST /reservations, safe to repeat."""

    topics = ()

    async def respond(self, request: Request) -> Response:
        if (request.method, request.path) != ("POST", "/reservations"):
            return NOT_FOUND
        try:
            return await self._reserve(request.body)
        except OutOfStock:
            return OUT_OF_STOCK

    async def _reserve(self, order: Json) -> Response:
        async with self.database.transaction() as tx:
            if await self.write_reservation(tx, order):
                if not await self.take(tx, order["item"], order["quantity"]):
                    raise OutOfStock
                await self.outbox.add(tx, "InventoryReserved", order)
        return DONE
