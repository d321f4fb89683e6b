"""Orders: stock is asked for while the guest waits, the mail is owed from the commit on and no guest waits for it."""

from __future__ import annotations

from shaketable.ports import Ports, Response, Row, UniqueViolation
from shaketable_targets.restaurant_front.guarded import Guarded, Unavailable

SOLD_OUT = Response(409, {"error": "sold out"})
PENDING, SENT = "PENDING", "SENT"


class Orders:
    """The tables `orders` and `mails`."""

    def __init__(self, ports: Ports, stock: Guarded) -> None:
        self.clock = ports.clock
        self.database = ports.database
        self.stock = stock

    async def place(self, order: str, item: str, quantity: int) -> Response:
        """Take an order if there is enough, and owe its mail. 503: nothing was taken."""
        try:
            found = await self.stock.get(f"/stock/{item}", order)
        except Unavailable as error:
            return Response(503, {"error": "stock cannot be looked at now", "why": error.why})
        if found["available"] < quantity:
            return SOLD_OUT
        return await self.take(order, item, quantity)

    async def take(self, order: str, item: str, quantity: int) -> Response:
        """Commit the order with the mail that it owes; one that is there already is left as it is."""
        try:
            async with self.database.transaction() as tx:
                await tx.insert("orders", {"id": order, "item": item, "quantity": quantity})
                await tx.insert("mails", self.owed(order))
        except UniqueViolation:
            pass
        return Response(201, {"order": order})

    def owed(self, order: str) -> Row:
        """Return the row of the mail that an order owes."""
        return {"order": order, "status": PENDING, "owed_ms": self.clock.now_ms()}
