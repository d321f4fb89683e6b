"""Mistakes in how an event changes the view."""

from __future__ import annotations

from shaketable.ports import Json, Row, Transaction
from shaketable_targets.order_history.history import HistoryService
from shaketable_targets.order_history.mutants.positions import RemembersInMemory, SavesPositionLater
from shaketable_targets.order_history.projector import Projector
from shaketable_targets.order_history.shop import DAY_MS
from shaketable_targets.order_history.view import ORDER_TYPES, PAYMENT_TYPES, View, empty_row

_ORDERS_OF = {"OrderPlaced": 1, "OrderCancelled": -1}
_PAID_OF = {"PaymentCompleted": 1, "PaymentRefunded": -1}


class AddsPerEvent(View):
    """Adds to the sums what each event says, however often it comes.

    Sound only behind something that lets every event through once. Met as projectors that count `+ 1` for each delivery
    of an at-least-once stream (protean 1042).
    """

    async def apply(self, tx: Transaction, generation: int, event: Json) -> None:
        row = await self.locked(tx, generation, event["order"])
        after = row | self.changes(row, event)
        if after != row:
            await tx.update(
                "order_summary", after, ("generation", "=", generation), ("order", "=", row["order"])
            )
        await self.add_event(tx, generation, event, after)

    async def add_event(self, tx: Transaction, generation: int, event: Json, row: Row) -> None:
        kind, user = event["type"], str(row["user_id"])
        if kind in ORDER_TYPES:
            paid = int(row["paid"] or 0) if kind == "OrderPlaced" else 0  # it was paid before it was known
            await self.add(tx, generation, user, self.day(row), _ORDERS_OF[kind], paid)
        elif row["user_id"] is not None:
            await self.add(tx, generation, user, self.day(row), 0, _PAID_OF[kind] * event["amount"])


class AddsAgainAfterRebalance(HistoryService):
    """Recognises repetitions by a set in memory: after a rebalance the other member adds them again.

    Met where the last event before a rebalance was handled twice, whatever its time-outs were set to (nuclio 2988).
    """

    def make_view(self) -> View:
        return AddsPerEvent(self.ports.clock)

    def make_projector(self, generation: int) -> Projector:
        return RemembersInMemory(self.ports, self.config, generation, self.view)


class AddsAgainAfterCrash(HistoryService):
    """Adds to the sums in one transaction and saves the position in the next: a crash in between adds twice.

    Met wherever the store of checkpoints is another than that of the view, and the handler counts (protean 1042).
    """

    def make_view(self) -> View:
        return AddsPerEvent(self.ports.clock)

    def make_projector(self, generation: int) -> Projector:
        return SavesPositionLater(self.ports, self.config, generation, self.view)


class OldEventWins(View):
    """Writes what comes over what is there: an event that is sent again, or late, undoes a newer one.

    Met as handlers that save by id, and take the last event that arrives for the last that happened.
    """

    def is_newer(self, event: Json, known: object) -> bool:
        return True


class WindowByArrival(View):
    """Counts an order on the day on which its event is read: after a rebuild everything happened today.

    Met as stream windows over the time of processing, where the time of the event was meant.
    """

    def day(self, row: Row) -> int:
        return self.clock.now_ms() // DAY_MS


class DropsEarlyPayments(View):
    """Passes over a payment whose order it does not know: the topics have no common order, and it may just be early.

    Met as handlers that look for the row, log that there is none, and return.
    """

    async def apply(self, tx: Transaction, generation: int, event: Json) -> None:
        if event["type"] in PAYMENT_TYPES:
            mine = (("generation", "=", generation), ("order", "=", event["order"]))
            if not await tx.select("order_summary", *mine):
                return
        await super().apply(tx, generation, event)


class ReadsThenWrites(View):
    """Reads a sum and writes it back with what is to be added: of two at once one is lost.

    Met as read models that are loaded, changed and saved by an object-relational mapper without a version column.
    """

    async def add(
        self, tx: Transaction, generation: int, user: str, day: int, orders: int, paid: int
    ) -> None:
        mine = (("generation", "=", generation), ("user_id", "=", user), ("day", "=", day))
        row: Row = {"generation": generation, "user_id": user, "day": day, "orders": 0, "paid": 0}
        await tx.insert("user_days", row, on_conflict="ignore")
        (known,) = await tx.select("user_days", *mine)
        changes = {"orders": int(known["orders"] or 0) + orders, "paid": int(known["paid"] or 0) + paid}
        await tx.update("user_days", changes, *mine)


class CountsCancelled(View):
    """Forgets to take a cancelled order out of the sums.

    Met as projections that handle the event that creates, and never the one that takes back.
    """

    async def add(
        self, tx: Transaction, generation: int, user: str, day: int, orders: int, paid: int
    ) -> None:
        await super().add(tx, generation, user, day, max(orders, 0), paid)


class StartsRowAnew(View):
    """Builds the row of an order anew out of the event that places it: a payment that was read before is gone.

    Met as `save(view)` of a builder that knows the fields of its own event only.
    """

    def changes(self, row: Row, event: Json) -> Row:
        changes = super().changes(row, event)
        if event["type"] == "OrderPlaced" and changes:
            return empty_row(int(row["generation"] or 0), str(row["order"])) | changes
        return changes
