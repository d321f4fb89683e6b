"""The query side as listed (seed document, section 3): a handler builds the view out of each event and saves it."""

from __future__ import annotations

from shaketable.ports import Json, Record, Request, Response, Row, Transaction
from shaketable_targets.order_history.history import HistoryService
from shaketable_targets.order_history.projector import Projector
from shaketable_targets.order_history.view import PAYMENT_TYPES, View, empty_row
from shaketable_targets.order_system.event_service import NOT_FOUND


class AsListedView(View):
    """Saves what an event says over what was there, and adds to the sums each time."""

    async def apply(self, tx: Transaction, generation: int, event: Json) -> None:
        if event["type"] in PAYMENT_TYPES:
            await self.apply_payment(tx, generation, event)
            return
        await self.locked(tx, generation, event["order"])
        saved = empty_row(generation, event["order"]) | self.said(event)
        mine = (("generation", "=", generation), ("order", "=", event["order"]))
        await tx.update("order_summary", saved, *mine)
        orders = 1 if event["type"] == "OrderPlaced" else -1
        await self.add(tx, generation, event["user_id"], self.day(saved), orders, 0)

    async def apply_payment(self, tx: Transaction, generation: int, event: Json) -> None:
        mine = (("generation", "=", generation), ("order", "=", event["order"]))
        completed = event["type"] == "PaymentCompleted"
        await tx.update("order_summary", {"paid": event["amount"] if completed else 0}, *mine)
        for row in await tx.select("order_summary", *mine):
            by = event["amount"] if completed else -event["amount"]
            await self.add(tx, generation, str(row["user_id"]), self.day(row), 0, by)

    def said(self, event: Json) -> Row:
        return {field: event[field] for field in ("user_id", "amount", "ordered_ms", "status")}


class AsListedProjector(Projector):
    """Remembers no position, and passes over what it cannot read, as the listener's default error handler does."""

    async def advance(self, tx: Transaction, record: Record) -> bool:
        return True

    async def park(self, tx: Transaction, record: Record, cause: str) -> None:
        return


class AsListedHistory(HistoryService):
    """The listed handler behind the same queries; the document has no rebuild."""

    async def respond(self, request: Request) -> Response:
        return NOT_FOUND if request.method == "POST" else await super().respond(request)

    def make_view(self) -> View:
        return AsListedView(self.ports.clock)

    def make_projector(self, generation: int) -> Projector:
        return AsListedProjector(self.ports, self.config, generation, self.view)
