"""The view of one generation: one row for each order, and a sum for each user and day."""

from __future__ import annotations

from shaketable.ports import Clock, Json, Row, Transaction
from shaketable_targets.order_history.shop import DAY_MS
from shaketable_targets.order_system.failures import Unprocessable

WINDOW_DAYS = 7
ORDER_TYPES = ("OrderPlaced", "OrderCancelled")
PAYMENT_TYPES = ("PaymentCompleted", "PaymentRefunded")
_ORDER_FIELDS = (("user_id", str), ("amount", int), ("ordered_ms", int), ("status", str), ("version", int))
_PAYMENT_FIELDS = (("amount", int), ("status", str), ("version", int))


class View:
    """Applies events, whatever their order: the newer state of an order and of its payment wins.

    What an order adds to the sums is taken from its row before and after, in the transaction of the row.
    """

    __slots__ = ("clock",)

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    async def apply(self, tx: Transaction, generation: int, event: Json) -> None:
        """Apply one readable event; one that is not newer than what the row has changes nothing."""
        row = await self.locked(tx, generation, event["order"])
        changes = self.changes(row, event)
        if changes:
            await tx.update("order_summary", changes, *_one(generation, event["order"]))
            await self.add_up(tx, generation, row, row | changes)

    async def locked(self, tx: Transaction, generation: int, order: str) -> Row:
        """Return the row of an order, made empty if it is new, and locked until `tx` ends."""
        await tx.insert("order_summary", empty_row(generation, order), on_conflict="ignore")
        rows = await tx.select("order_summary", *_one(generation, order), lock="update")
        return rows[0]

    def changes(self, row: Row, event: Json) -> Row:
        """Return what the event changes of the row."""
        if event["type"] in PAYMENT_TYPES:
            if not self.is_newer(event, row["payment_version"]):
                return {}
            paid = event["amount"] if event["status"] == "PAID" else 0
            return {"paid": paid, "payment_version": event["version"]}
        if not self.is_newer(event, row["version"]):
            return {}
        return {field: event[field] for field, _ in _ORDER_FIELDS}

    def is_newer(self, event: Json, known: object) -> bool:
        return known is None or int(event["version"]) > int(str(known))

    async def add_up(self, tx: Transaction, generation: int, before: Row, after: Row) -> None:
        """Bring the sums from what the row was to what it is."""
        if after["user_id"] is None:
            return  # a payment whose order is not known yet, nor its user
        was = counted(before)
        now = counted(after)
        orders, paid = now[0] - was[0], now[1] - was[1]
        if orders or paid:
            await self.add(tx, generation, str(after["user_id"]), self.day(after), orders, paid)

    def day(self, row: Row) -> int:
        """Return the day on which an order counts."""
        return int(row["ordered_ms"] or 0) // DAY_MS

    async def add(
        self, tx: Transaction, generation: int, user: str, day: int, orders: int, paid: int
    ) -> None:
        row: Row = {"generation": generation, "user_id": user, "day": day, "orders": 0, "paid": 0}
        await tx.insert("user_days", row, on_conflict="ignore")
        mine = (("generation", "=", generation), ("user_id", "=", user), ("day", "=", day))
        await tx.update("user_days", {"orders": ("+", orders), "paid": ("+", paid)}, *mine)

    async def summary(self, tx: Transaction, generation: int, user: str) -> Json:
        """Return the number of orders and what was paid for them, today and the six days before."""
        as_of_ms = self.clock.now_ms()
        oldest = as_of_ms // DAY_MS - WINDOW_DAYS
        mine = (("generation", "=", generation), ("user_id", "=", user), ("day", ">", oldest))
        days = await tx.select("user_days", *mine)
        return {
            "user_id": user,
            "orders": sum(int(day["orders"] or 0) for day in days),
            "paid": sum(int(day["paid"] or 0) for day in days),
            "as_of_ms": as_of_ms,
        }


def counted(row: Row) -> tuple[int, int]:
    """Return what a row adds to the sums: orders, and what was paid; nothing while its order is not known."""
    if row["user_id"] is None:
        return 0, 0
    return int(row["status"] == "PLACED"), int(row["paid"] or 0)


def empty_row(generation: int, order: str) -> Row:
    """Return the row of an order of which nothing is known yet."""
    return {
        "generation": generation,
        "order": order,
        "user_id": None,
        "amount": None,
        "status": None,
        "ordered_ms": None,
        "version": None,
        "paid": None,
        "payment_version": None,
    }


def readable(event: Json) -> Json:
    """Return an event that says all that it has to. Raises Unprocessable otherwise; other types are None."""
    if not isinstance(event, dict):
        raise Unprocessable("not an event")
    kind = event.get("type")
    if not isinstance(kind, str) or not isinstance(event.get("order"), str):
        raise Unprocessable("no type or no order")
    if kind not in (*ORDER_TYPES, *PAYMENT_TYPES):
        return None
    for field, of in _ORDER_FIELDS if kind in ORDER_TYPES else _PAYMENT_FIELDS:
        value = event.get(field)
        if not isinstance(value, of) or isinstance(value, bool):
            raise Unprocessable(f"{field} is missing or wrong")
    return event


def _one(generation: int, order: str) -> tuple[tuple[str, str, object], ...]:
    return ("generation", "=", generation), ("order", "=", order)
