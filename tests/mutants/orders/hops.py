"""Two defects of requests that overtake each other: one by four hops, and a whole batch."""

from __future__ import annotations

import asyncio
from random import Random

from shaketable.history import Event, History
from shaketable.ports import Request, Response, Transaction
from shaketable.schedule import Do, Step
from shaketable.subject import System, Table
from shaketable.verdict import Finding
from tests.mutants.orders.declared import (
    Stateless,
    apart,
    breach,
    order_defect,
    part,
    promise_of,
    rows_written,
    system,
)

# -- four hops -------------------------------------------------------------------------------------------


class Front(Stateless):
    """Tells the board that there is an order, and lets it go its way at the same time."""

    async def handle(self, request: Request) -> Response:
        told = asyncio.create_task(self.ask("board", "/opened", request.body))
        answer = await self.ask("payment", "/pay", request.body)
        await told
        return Response(answer.status)


class Hop(Stateless):
    """Does its part of the order and passes it on."""

    to, path = "", ""

    async def handle(self, request: Request) -> Response:
        answer = await self.ask(self.to, self.path, request.body)
        return Response(answer.status)


class Payment(Hop):
    """The first hop."""

    to, path = "stock", "/reserve"


class Stock(Hop):
    """The second hop."""

    to, path = "shipping", "/ship"


class Shipping(Hop):
    """The third hop; its request to the board is the fourth."""

    to, path = "board", "/shipped"


class Board(Stateless):
    """Shows how far each order is: a status only goes forward."""

    async def handle(self, request: Request) -> Response:
        order, status = request.body["id"], request.path.removeprefix("/")
        async with self.ports.database.transaction() as tx:
            row = {"order": order, "status": status}
            if await tx.insert("board", row, on_conflict="ignore") is None:
                await self.move(tx, order, status)
        return Response(200)

    async def move(self, tx: Transaction, order: str, status: str) -> None:
        if status == "shipped":
            await tx.update("board", {"status": status}, ("order", "=", order))


class ShowsTheLast(Board):
    """Shows what it was told last: an order that was shipped by four hops before its notice came is open for ever."""

    async def move(self, tx: Transaction, order: str, status: str) -> None:
        await tx.update("board", {"status": status}, ("order", "=", order))


BOARD = Table("board", ("order",))
ONLY_FORWARD = promise_of("OD-HOPS", "An order that is shipped stays so", "set-back")


def _front(service: type[Board]) -> System:
    hops = (
        ("front", Front),
        ("payment", Payment),
        ("stock", Stock),
        ("shipping", Shipping),
        ("board", service),
    )
    return system(
        *(part(name, made) for name, made in hops),
        tables=((BOARD, '"order" text PRIMARY KEY, status text'),),
        ops={"place": "front"},
    )


def _orders(random: Random) -> tuple[Step, ...]:
    return tuple(apart(random, [Do("place", {"id": f"o{n}"}) for n in range(random.randint(1, 3))]))


def _only_forward(history: History) -> tuple[int, list[Finding]]:
    shipped: dict[str, Event] = {}
    for event, row in rows_written(history, "board"):
        order = row["order"]
        if row["status"] == "shipped":
            shipped[order] = event
        elif order in shipped:
            message = f"{order} was shipped, and then it was {row['status']}"
            return len(shipped), [breach(ONLY_FORWARD, message, shipped[order], event)]
    return len(shipped), []


FOUR_HOPS = order_defect(
    "four-hops", ONLY_FORWARD, _only_forward, _orders, _front(ShowsTheLast), _front(Board)
)

# -- the whole batch in flight ---------------------------------------------------------------------------


class Sender(Stateless):
    """Sends the entries of a batch one after the other."""

    async def handle(self, request: Request) -> Response:
        for number in range(1, request.body["entries"] + 1):
            await self.send(request.body["id"], number)
        return Response(200)

    async def send(self, batch: str, number: int) -> None:
        entry = {"batch": batch, "number": number}
        await self.ask("ledger", "/entries", entry)


class SendsAllAtOnce(Sender):
    """Has the whole batch in flight, to save the round trips: later entries overtake earlier ones."""

    async def handle(self, request: Request) -> Response:
        numbers = range(1, request.body["entries"] + 1)
        await asyncio.gather(*(self.send(request.body["id"], number) for number in numbers))
        return Response(200)


class Ledger(Stateless):
    """Appends entries as they come."""

    async def handle(self, request: Request) -> Response:
        async with self.ports.database.transaction() as tx:
            await tx.insert("entries", {"batch": request.body["batch"], "number": request.body["number"]})
        return Response(201)


ENTRIES = Table("entries", ("place",), serial="place")
IN_ORDER = promise_of("OD-BATCH", "The entries of a batch are kept in their order", "overtaken")


def _sender(service: type[Sender]) -> System:
    return system(
        part("sender", service),
        part("ledger", Ledger),
        tables=((ENTRIES, "place bigserial PRIMARY KEY, batch text, number bigint"),),
        ops={"send": "sender"},
    )


def _batches(random: Random) -> tuple[Step, ...]:
    batches = [Do("send", {"id": f"b{n}", "entries": random.randint(2, 4)}) for n in range(2)]
    return tuple(apart(random, batches))


def _in_order(history: History) -> tuple[int, list[Finding]]:
    last: dict[str, tuple[Event, int]] = {}
    count = 0
    for event, row in rows_written(history, "entries"):
        batch, number = row["batch"], int(row["number"])
        if batch in last:
            count += 1
            before, earlier = last[batch]
            if number < earlier:
                message = f"entry {number} of {batch} came after entry {earlier}"
                return count, [breach(IN_ORDER, message, before, event)]
        last[batch] = event, number
    return count, []


WHOLE_BATCH = order_defect(
    "whole-batch", IN_ORDER, _in_order, _batches, _sender(SendsAllAtOnce), _sender(Sender)
)

DEFECTS = (FOUR_HOPS, WHOLE_BATCH)
