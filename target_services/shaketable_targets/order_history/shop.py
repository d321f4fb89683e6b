"""The command side: orders, payments and balances, each change with its event in one transaction."""

from __future__ import annotations

import json

from shaketable.ports import CheckViolation, Json, Request, Response, Row, Transaction, UniqueViolation
from shaketable_targets.order_system.event_service import NOT_FOUND, EventService

ORDER_EVENTS = "order-events"
PAYMENT_EVENTS = "payment-events"
FIRST_BALANCE = 100
"""What a new account has."""
DAY_MS = 24 * 60 * 60 * 1_000
EXISTS = Response(409, {"error": "there is such an order already"})
CANNOT = Response(409, {"error": "the order is not in a state for that"})
TOO_LITTLE = Response(402, {"error": "the balance is too small"})


class ShopService(EventService):
    """Owns the truth of orders, payments and balances."""

    role = "shop"

    async def respond(self, request: Request) -> Response:
        match request.method, request.path.strip("/").split("/"):
            case "POST", ["orders"]:
                return await self.place(request.body)
            case "POST", ["orders", order, "payments"]:
                return await self.pay(order)
            case "POST", ["orders", order, "cancellation"]:
                return await self.cancel(order)
            case "POST", ["orders", order, "resends"]:
                return await self.resend(order)
            case "GET", ["balances", user]:
                return await self.balance(user)
        return NOT_FOUND

    async def place(self, body: Json) -> Response:
        problem = _problem(body)
        if problem:
            return Response(400, {"error": problem})
        row: Row = {
            "id": body["order"],
            "user_id": body["user_id"],
            "amount": body["amount"],
            "status": "PLACED",
            "ordered_ms": self.ports.clock.now_ms() - body["days_ago"] * DAY_MS,
            "version": 1,
        }
        try:
            async with self.database.transaction() as tx:
                await tx.insert("orders", row)
                await self.announce_order(tx, "OrderPlaced", row)
        except UniqueViolation:
            return EXISTS
        return Response(201, {"order": body["order"]})

    async def pay(self, order: str) -> Response:
        """Take the amount from the user's balance, once for each order."""
        try:
            async with self.database.transaction() as tx:
                row = await self.locked(tx, order)
                if row is None:
                    return NOT_FOUND
                if row["status"] != "PLACED" or await tx.select("payments", ("order", "=", order)):
                    return CANNOT
                payment: Row = {
                    "order": order,
                    "user_id": row["user_id"],
                    "amount": row["amount"],
                    "status": "PAID",
                    "ordered_ms": row["ordered_ms"],
                    "version": 1,
                }
                await tx.insert("payments", payment)
                await self.credit(tx, payment, -1)
                await self.announce_payment(tx, "PaymentCompleted", payment)
        except CheckViolation:
            return TOO_LITTLE
        return Response(201, {"order": order})

    async def cancel(self, order: str) -> Response:
        """Cancel an order, and give back what was paid for it."""
        async with self.database.transaction() as tx:
            row = await self.locked(tx, order)
            if row is None:
                return NOT_FOUND
            if row["status"] != "PLACED":
                return CANNOT
            row |= {"status": "CANCELLED", "version": int(row["version"] or 0) + 1}
            await tx.update("orders", _changed(row), ("id", "=", order))
            await self.announce_order(tx, "OrderCancelled", row)
            for payment in await tx.select("payments", ("order", "=", order)):
                payment |= {"status": "REFUNDED", "version": int(payment["version"] or 0) + 1}
                await tx.update("payments", _changed(payment), ("order", "=", order))
                await self.credit(tx, payment, +1)
                await self.announce_payment(tx, "PaymentRefunded", payment)
        return Response(200, {"order": order})

    async def resend(self, order: str) -> Response:
        """Publish the first event of an order, and of its payment, once more, with the same ids."""
        async with self.database.transaction() as tx:
            rows = await tx.select("outbox", ("aggregate", "=", order), order_by=("id",))
            first = {str(row["topic"]): row for row in reversed(rows)}
            for topic in sorted(first):
                event = json.loads(str(first[topic]["payload"]))
                await self.outbox.put(tx, topic, event, f"{event['event_id']}/{self.ports.new_id()}")
        return Response(200, {"resent": len(first)})

    async def balance(self, user: str) -> Response:
        async with self.database.transaction() as tx:
            rows = await tx.select("accounts", ("user_id", "=", user))
        return Response(200, {"user_id": user, "balance": rows[0]["balance"]}) if rows else NOT_FOUND

    async def locked(self, tx: Transaction, order: str) -> Row | None:
        """Return the row of an order, locked until `tx` ends."""
        rows = await tx.select("orders", ("id", "=", order), lock="update")
        return rows[0] if rows else None

    async def credit(self, tx: Transaction, payment: Row, sign: int) -> None:
        """Change a user's balance; the first payment of a user opens the account."""
        by, mine = sign * int(payment["amount"] or 0), ("user_id", "=", payment["user_id"])
        if not await tx.update("accounts", {"balance": ("+", by)}, mine):
            opened: Row = {"user_id": payment["user_id"], "balance": FIRST_BALANCE}
            await tx.insert("accounts", opened, on_conflict="ignore")
            await tx.update("accounts", {"balance": ("+", by)}, mine)

    async def announce_order(self, tx: Transaction, kind: str, row: Row) -> None:
        said = {field: row[field] for field in ("user_id", "amount", "ordered_ms", "status", "version")}
        await self.outbox.put(tx, ORDER_EVENTS, self._event(kind, row["id"], said))

    async def announce_payment(self, tx: Transaction, kind: str, row: Row) -> None:
        said = {field: row[field] for field in ("amount", "status", "version")}
        await self.outbox.put(tx, PAYMENT_EVENTS, self._event(kind, row["order"], said))

    def _event(self, kind: str, order: Json, said: Json) -> Json:
        return {"event_id": self.ports.new_id(), "type": kind, "order": order, **said}


def _changed(row: Row) -> Row:
    return {"status": row["status"], "version": row["version"]}


def _problem(body: Json) -> str:
    """Return what is wrong with the body of POST /orders, or ""."""
    if not isinstance(body, dict):
        return "a JSON object is needed"
    for field, kind in (("order", str), ("user_id", str), ("amount", int), ("days_ago", int)):
        value = body.get(field)
        if not isinstance(value, kind) or isinstance(value, bool):
            return f"{field} is missing or wrong"
    return "" if body["amount"] > 0 <= body["days_ago"] else "amount and days_ago must not be negative"
