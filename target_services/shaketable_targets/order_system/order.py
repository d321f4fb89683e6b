"""The order service: takes orders, and confirms or cancels them as the other services report."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shaketable.ports import Json, Ports, Request, Response, Row, Transaction, UniqueViolation
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.event_service import NOT_FOUND, EventService, Handler
from shaketable_targets.order_system.events import INVENTORY_EVENTS, PAYMENT_EVENTS
from shaketable_targets.order_system.idempotency import Keys, LeasedKeys, OneTransactionKeys
from shaketable_targets.order_system.relay import Relay

EXISTS = Response(409, {"error": "this order exists under another key"})


class OrderService(EventService):
    """Owns the status of an order. Only PENDING goes forward, and nothing leaves CONFIRMED or CANCELLED."""

    role = "order"
    topics: tuple[str, ...] = (PAYMENT_EVENTS, INVENTORY_EVENTS)

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.keys = self.make_keys()

    def make_keys(self) -> Keys:
        return OneTransactionKeys(self.ports)

    def handlers(self) -> Mapping[str, Handler]:
        return {
            "InventoryReserved": self.confirm,
            "InventoryFailed": self.await_refund,
            "PaymentFailed": self.cancel,
            "PaymentRefunded": self.cancel,
        }

    # -- requests ----------------------------------------------------------------------------------------

    async def respond(self, request: Request) -> Response:
        if request.method == "POST" and request.path == "/orders":
            return await self.place(request)
        if request.method == "GET" and request.path.startswith("/orders/"):
            return await self.show(request.path.removeprefix("/orders/"))
        return NOT_FOUND

    async def place(self, request: Request) -> Response:
        key = request.headers.get("idempotency-key")
        body = request.body
        problem = "an idempotency-key is needed" if not key else _problem(body)
        if problem or key is None:
            return Response(400, {"error": problem})
        answer = Response(201, {"order": body["order"], "status": "PENDING"})

        async def effect(tx: Transaction) -> None:
            await self.create(tx, body)

        try:
            return await self.keys.execute(key, body, answer, effect)
        except UniqueViolation:
            return EXISTS

    async def create(self, tx: Transaction, body: Json) -> None:
        await tx.insert("orders", order_row(body))
        await self.outbox.add(tx, "OrderCreated", body)

    async def show(self, order: str) -> Response:
        async with self.database.transaction() as tx:
            rows = await tx.select("orders", ("id", "=", order))
        return Response(200, {"order": order, "status": rows[0]["status"]}) if rows else NOT_FOUND

    # -- events ------------------------------------------------------------------------------------------

    async def confirm(self, event: Json) -> None:
        await self.move(event, ("PENDING",), "CONFIRMED", "OrderConfirmed")

    async def await_refund(self, event: Json) -> None:
        """Begin the compensation: from here no step forward, and no cancellation before the refund is done."""
        await self.move(event, ("PENDING",), "CANCELLING", "")

    async def cancel(self, event: Json) -> None:
        await self.move(event, ("PENDING", "CANCELLING"), "CANCELLED", "OrderCancelled")

    async def move(self, event: Json, before: tuple[str, ...], after: str, announce: str) -> None:
        """Go from one of `before` to `after`; for an order in another status the event comes too late."""
        async with self.database.transaction() as tx:
            if not await self.inbox.first_time(tx, event["event_id"]):
                return
            moved = await tx.update(
                "orders", {"status": after}, ("id", "=", event["order"]), ("status", "in", before)
            )
            if moved and announce:
                await self.outbox.add(tx, announce, event)


class RelaylessOrder(OrderService):
    """An order service whose outbox is published by other processes."""

    def make_relay(self) -> Relay | None:
        return None


class OrderFront(OrderService):
    """An order service that only takes orders; there may be several instances, so its keys have owners and leases."""

    topics = ()

    def make_keys(self) -> Keys:
        return LeasedKeys(self.ports, self.config)


class OtherKeys(OrderFront):
    """An `OrderFront` with another key store."""

    def __init__(self, ports: Ports, config: Config, make_keys: Callable[[Ports, Config], Keys]) -> None:
        super().__init__(ports, config)
        self.keys = make_keys(ports, config)


def order_row(body: Json) -> Row:
    """Make the row of a new order."""
    return {
        "id": body["order"],
        "status": "PENDING",
        "item": body["item"],
        "quantity": body["quantity"],
        "amount": body["amount"],
    }


def _problem(body: Json) -> str:
    """Return what is wrong with the body of POST /orders, or ""."""
    if not isinstance(body, dict):
        return "a JSON object is needed"
    for field, kind in (("order", str), ("item", str), ("quantity", int), ("amount", int)):
        value = body.get(field)
        if not isinstance(value, kind) or isinstance(value, bool) or not value:
            return f"{field} is missing or wrong"
    return "" if body["quantity"] > 0 and body["amount"] > 0 else "quantity and amount must be positive"
