"""Orchestrators whose sagas are rows: a loop takes up whatever is unfinished, also after a crash."""

from __future__ import annotations

from dataclasses import replace

from shaketable.ports import TRANSIENT, Change, Json, Ports, Request, Response, Row, Transaction
from shaketable.subject import System
from shaketable_patterns.order_system import system
from shaketable_patterns.order_system.system import MakeEventService
from shaketable_targets.order_system.as_listed.steps import (
    DONE,
    OUT_OF_STOCK,
    InventorySteps,
    OutOfStock,
    PaymentSteps,
)
from shaketable_targets.order_system.config import Config
from shaketable_targets.order_system.order import OrderService


class StoredSagas(OrderService):
    """Pays, reserves, confirms; or refunds and cancels. What it decided is committed before it acts on it."""

    topics = ()

    async def start(self) -> None:
        await super().start()
        self._background.run(self._drive(), "sagas")

    async def _drive(self) -> None:
        while True:
            await self.ports.clock.sleep(self.config.poll_interval_ms)
            try:
                orders = await self.unfinished()
            except TRANSIENT:
                continue
            for order in orders:
                try:
                    await self.advance(order)
                except TRANSIENT:
                    continue

    async def unfinished(self) -> list[Row]:
        """Return the orders that are to be driven on."""
        async with self.database.transaction() as tx:
            return await tx.select(
                "orders", ("status", "in", ("PENDING", "CANCELLING")), order_by=("id",), limit=10
            )

    async def advance(self, row: Row) -> None:
        """Take an order as far as its partners answer."""
        order = {"order": row["id"], **{field: row[field] for field in ("item", "quantity", "amount")}}
        if row["status"] == "PENDING":
            paid = await self.ask("payment", "/payments", order)
            if paid == 402:
                await self.settle(order, ("PENDING",), "CANCELLED", "OrderCancelled")
            if paid != 201:
                return
            reserved = await self.ask("inventory", "/reservations", order)
            if reserved == 201:
                await self.settle(order, ("PENDING",), "CONFIRMED", "OrderConfirmed")
            if reserved != 409:
                return
            await self.settle(order, ("PENDING",), "CANCELLING", "")
        await self.undo(order)

    async def undo(self, order: Json) -> None:
        """Refund the order and cancel it; a refund that is not answered is asked for again at the next turn."""
        if await self.ask("payment", "/refunds", order) == 201:
            await self.settle(order, ("CANCELLING",), "CANCELLED", "OrderCancelled")

    async def ask(self, service: str, path: str, order: Json) -> int:
        """Return the status of the answer; transient errors are raised."""
        timeout_ms = self.config.provider_timeout_ms
        answer = await self.ports.http.request("POST", service, path, order, timeout_ms=timeout_ms)
        return answer.status

    async def settle(self, order: Json, before: tuple[str, ...], after: str, announce: str) -> None:
        """Move the order, and announce it in the same transaction if it moved."""
        where = (("id", "=", order["order"]), ("status", "in", before))
        async with self.database.transaction() as tx:
            if await tx.update("orders", {"status": after}, *where) and announce:
                await self.outbox.add(tx, announce, order)


class PatientSagas(StoredSagas):
    """Gives a reservation up after three unanswered turns: then it releases and refunds, in that order."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self._turns: dict[str, int] = {}

    async def ask(self, service: str, path: str, order: Json) -> int:
        if path != "/reservations":
            return await super().ask(service, path, order)
        try:
            answer = await super().ask(service, path, order)
        except TRANSIENT:
            answer = 503
        if answer < 500:
            return answer
        turns = self._turns[order["order"]] = self._turns.get(order["order"], 0) + 1
        return 409 if turns >= 3 else answer

    async def undo(self, order: Json) -> None:
        if await self.ask("inventory", "/releases", order) == 201:
            await super().undo(order)


class TombstoneSteps(InventorySteps):
    """POST /releases, safe to repeat; it also refuses a reservation that is still on its way."""

    async def respond(self, request: Request) -> Response:
        if (request.method, request.path) != ("POST", "/releases"):
            return await super().respond(request)
        async with self.database.transaction() as tx:
            await self.release(tx, request.body)
        return DONE

    async def release(self, tx: Transaction, order: Json) -> None:
        """Give the stock back; without a reservation, keep its place so that none can come."""
        tomb = {field: order[field] for field in ("order", "item", "quantity")} | {"status": "RELEASED"}
        if await tx.insert("reservations", tomb, on_conflict="ignore") is None:
            await give_back(tx, order)

    async def _reserve(self, order: Json) -> Response:
        async with self.database.transaction() as tx:
            if not await self.write_reservation(tx, order):
                stored = await tx.select("reservations", ("order", "=", order["order"]))
                return DONE if stored and stored[0]["status"] == "RESERVED" else OUT_OF_STOCK
            if not await self.take(tx, order["item"], order["quantity"]):
                raise OutOfStock
            await self.outbox.add(tx, "InventoryReserved", order)
        return DONE


async def give_back(tx: Transaction, order: Json) -> None:
    """Release what the order has reserved, if it has."""
    held = (("order", "=", order["order"]), ("status", "=", "RESERVED"))
    if await tx.update("reservations", {"status": "RELEASED"}, *held):
        quantity = order["quantity"]
        back: dict[str, Change] = {"available": ("+", quantity), "reserved": ("+", -quantity)}
        await tx.update("stock", back, ("item", "=", order["item"]))


def orchestrated(order: MakeEventService, inventory: MakeEventService = InventorySteps) -> System:
    """Return the saga with an orchestrator that polls its own orders."""
    target = system.saga(order=order, payment=PaymentSteps, inventory=inventory)
    return replace(target, polls=target.polls | {("SELECT", "orders")})
