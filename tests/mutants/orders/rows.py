"""Two defects of what is read and then written: in the database, and in the memory of a process."""

from __future__ import annotations

from random import Random

from shaketable.history import History
from shaketable.ports import Ports, Request, Response, Transaction
from shaketable.schedule import Do, Step
from shaketable.subject import Subject, System, Table
from shaketable.verdict import Finding
from shaketable_targets.order_system.config import Config
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

FULL = 100

# -- lost update -----------------------------------------------------------------------------------------


class Stock(Stateless):
    """Takes from the stock in one statement: the database computes under the row's lock."""

    async def handle(self, request: Request) -> Response:
        async with self.ports.database.transaction() as tx:
            await self.take(tx, 1)
            await tx.insert("taken", {"id": request.body["id"]})
        return Response(200)

    async def take(self, tx: Transaction, count: int) -> None:
        await tx.update("stock", {"available": ("+", -count)}, ("item", "=", "apple"))


class ReadsThenWrites(Stock):
    """Reads what is there, computes in the service, and writes it back: of two at once, one change is lost."""

    async def take(self, tx: Transaction, count: int) -> None:
        (row,) = await tx.select("stock", ("item", "=", "apple"))
        await tx.update("stock", {"available": int(row["available"] or 0) - count}, ("item", "=", "apple"))


STOCK = Table("stock", ("item",), rows=({"item": "apple", "available": FULL},))
TAKEN = Table("taken", ("id",))
NO_UPDATE_IS_LOST = promise_of("OD-LOST", "What is taken is missing in the stock", "lost-update")


def _stock(service: type[Stock]) -> System:
    return system(
        part("stock", service),
        tables=(
            (STOCK, "item text PRIMARY KEY, available bigint"),
            (TAKEN, "id text PRIMARY KEY"),
        ),
        ops={"take": "stock"},
    )


def _takes(random: Random) -> tuple[Step, ...]:
    return tuple(apart(random, [Do("take", {"id": f"t{n}"}) for n in range(random.randint(2, 3))]))


def _no_update_is_lost(history: History) -> tuple[int, list[Finding]]:
    left = list(rows_written(history, "stock"))
    taken = list(rows_written(history, "taken"))
    for count, (event, row) in enumerate(left, start=1):
        if row["available"] != FULL - count:
            message = f"{count} were taken from {FULL}, and {row['available']} are left"
            return len(taken), [breach(NO_UPDATE_IS_LOST, message, left[count - 2][0], event)]
    return len(taken), []


LOST_UPDATE = order_defect(
    "lost-update", NO_UPDATE_IS_LOST, _no_update_is_lost, _takes, _stock(ReadsThenWrites), _stock(Stock)
)

# -- check-then-act around an await ----------------------------------------------------------------------


class Seats(Stateless):
    """Sells each seat once; it notes a sale in its memory before it waits for the database."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.sold: dict[str, str] = {}

    async def handle(self, request: Request) -> Response:
        seat, buyer = request.body["id"], request.body["buyer"]
        if seat in self.sold:
            return Response(409)
        self.sold[seat] = buyer
        await self.store(seat, buyer)
        return Response(201)

    async def store(self, seat: str, buyer: str) -> None:
        async with self.ports.database.transaction() as tx:
            await tx.insert("sales", {"seat": seat, "buyer": buyer})


class NotesAfterwards(Seats):
    """Looks whether the seat is free, waits for the database, and notes the sale then: two may have looked."""

    async def handle(self, request: Request) -> Response:
        seat, buyer = request.body["id"], request.body["buyer"]
        if seat in self.sold:
            return Response(409)
        await self.store(seat, buyer)
        self.sold[seat] = buyer
        return Response(201)


SALES = Table("sales", ("number",), serial="number")
SOLD_ONCE = promise_of("OD-SEAT", "A seat is sold once", "sold-twice")


def _seats(service: type[Seats]) -> System:
    return system(
        part("seats", service),
        tables=((SALES, "number bigserial PRIMARY KEY, seat text, buyer text"),),
        ops={"buy": "seats"},
    )


def _buyers(random: Random) -> tuple[Step, ...]:
    buys = [Do("buy", {"id": f"s{random.randint(1, 2)}", "buyer": f"b{n}"}) for n in range(3)]
    return tuple(apart(random, buys))


def _sold_once(history: History) -> tuple[int, list[Finding]]:
    sold: dict[str, tuple[object, str]] = {}
    count = 0
    for event, row in rows_written(history, "sales"):
        count += 1
        seat = row["seat"]
        if seat in sold:
            first, buyer = sold[seat]
            message = f"{seat} was sold to {buyer}, and then to {row['buyer']}"
            return count, [breach(SOLD_ONCE, message, first, event)]  # type: ignore[arg-type]
        sold[seat] = event, row["buyer"]
    return count, []


CHECK_THEN_ACT = order_defect(
    "check-then-act", SOLD_ONCE, _sold_once, _buyers, _seats(NotesAfterwards), _seats(Seats)
)

DEFECTS = (LOST_UPDATE, CHECK_THEN_ACT)


def lost_update() -> Subject:
    """Make the system that loses updates, for a command: `--subject tests.mutants.orders.rows:lost_update`."""
    return LOST_UPDATE.wrong
