"""Two defects of locks: one that runs out while its owner is at work, and one that another instance does not see."""

from __future__ import annotations

import asyncio
from random import Random

from shaketable.history import Event, History
from shaketable.ports import Ports, Request, Response, Transaction
from shaketable.schedule import Do, Step
from shaketable.subject import System, Table
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

LEASE_MS = 60
"""Six times what the work takes when nothing is late, and more than one message may be late."""
LOCK = ("name", "=", "counter")

# -- lock expiry -----------------------------------------------------------------------------------------


class Counter(Stateless):
    """Counts under a lease, and writes only in a transaction in which it still has it."""

    async def handle(self, request: Request) -> Response:
        owner = self.ports.new_id()
        if not await self.acquire(owner):
            return Response(409)
        async with self.ports.database.transaction() as tx:
            (row,) = await tx.select("counter", LOCK)
        async with self.ports.database.transaction() as tx:
            is_written = await self.write(tx, int(row["value"] or 0) + 1, owner)
        await self.release(owner)
        return Response(200 if is_written else 409)

    async def acquire(self, owner: str) -> bool:
        now_ms = self.ports.clock.now_ms()
        async with self.ports.database.transaction() as tx:
            lease = {"owner": owner, "until_ms": now_ms + LEASE_MS}
            return bool(await tx.update("lease", lease, LOCK, ("until_ms", "<=", now_ms)))

    async def release(self, owner: str) -> None:
        async with self.ports.database.transaction() as tx:
            await tx.update("lease", {"until_ms": 0}, LOCK, ("owner", "=", owner))

    async def write(self, tx: Transaction, value: int, owner: str) -> bool:
        until_ms = self.ports.clock.now_ms() + LEASE_MS
        if not await tx.update("lease", {"until_ms": until_ms}, LOCK, ("owner", "=", owner)):
            return False
        return bool(await tx.update("counter", {"value": value}, LOCK))


class WritesUnfenced(Counter):
    """Thinks that it has its lease for as long as it works, and writes although another may have it by now."""

    async def write(self, tx: Transaction, value: int, owner: str) -> bool:
        return bool(await tx.update("counter", {"value": value}, LOCK))


COUNTER = Table("counter", ("name",), rows=({"name": "counter", "value": 0},))
LEASE = Table("lease", ("name",), rows=({"name": "counter", "owner": "", "until_ms": 0},))
EACH_COUNTS = promise_of("OD-LEASE", "Each write under the lock is one more than the last", "written-over")


def _counter(service: type[Counter]) -> System:
    return system(
        *(part(f"counter-{n}", service, "counter") for n in (1, 2)),
        tables=(
            (COUNTER, "name text PRIMARY KEY, value bigint"),
            (LEASE, "name text PRIMARY KEY, owner text, until_ms bigint"),
        ),
        ops={"count": "counter"},
    )


def _counts(random: Random) -> tuple[Step, ...]:
    return tuple(apart(random, [Do("count", {"id": f"c{n}"}) for n in range(random.randint(2, 3))]))


def _each_counts(history: History) -> tuple[int, list[Finding]]:
    before: tuple[Event, int] | None = None
    writes = list(rows_written(history, "counter"))
    for event, row in writes:
        if before is not None and row["value"] != before[1] + 1:
            message = f"{event.process} wrote {row['value']} over {before[1]}, which {before[0].process} had written"
            return len(writes), [breach(EACH_COUNTS, message, before[0], event)]
        before = event, int(row["value"])
    return len(writes), []


LOCK_EXPIRY = order_defect(
    "lock-expiry", EACH_COUNTS, _each_counts, _counts, _counter(WritesUnfenced), _counter(Counter)
)

# -- two instances of an HTTP service --------------------------------------------------------------------


class Wallet(Stateless):
    """Books a payment once: its key is unique in the database."""

    async def handle(self, request: Request) -> Response:
        async with self.ports.database.transaction() as tx:
            payment = request.body["id"]
            if await tx.insert("keys", {"payment": payment}, on_conflict="ignore") is not None:
                await tx.insert("bookings", {"payment": payment, "by": self.ports.name})
        return Response(200)


class LocksInProcess(Wallet):
    """Looks for the payment and then books it, under a lock that only its own process knows."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.gate = asyncio.Lock()

    async def handle(self, request: Request) -> Response:
        async with self.gate, self.ports.database.transaction() as tx:
            payment = request.body["id"]
            if not await tx.select("bookings", ("payment", "=", payment)):
                await tx.insert("bookings", {"payment": payment, "by": self.ports.name})
        return Response(200)


KEYS = Table("keys", ("payment",))
BOOKINGS = Table("bookings", ("number",), serial="number")
BOOKED_ONCE = promise_of("OD-INSTANCE", "A payment is booked once", "booked-twice")


def _wallet(service: type[Wallet]) -> System:
    return system(
        *(part(f"wallet-{n}", service, "wallet") for n in (1, 2)),
        tables=(
            (KEYS, "payment text PRIMARY KEY"),
            (BOOKINGS, 'number bigserial PRIMARY KEY, payment text, "by" text'),
        ),
        ops={"pay": "wallet"},
    )


def _payments(random: Random) -> tuple[Step, ...]:
    paid = [f"p{n}" for n in (1, 1, 2, 2)][: random.randint(2, 4)]
    return tuple(apart(random, [Do("pay", {"id": payment}) for payment in paid]))


def _booked_once(history: History) -> tuple[int, list[Finding]]:
    booked: dict[str, Event] = {}
    count = 0
    for event, row in rows_written(history, "bookings"):
        count += 1
        payment = row["payment"]
        if payment in booked:
            first = booked[payment]
            message = f"{first.process} booked {payment}, and {event.process} booked it again"
            return count, [breach(BOOKED_ONCE, message, first, event)]
        booked[payment] = event
    return count, []


TWO_INSTANCES = order_defect(
    "two-instances", BOOKED_ONCE, _booked_once, _payments, _wallet(LocksInProcess), _wallet(Wallet)
)

DEFECTS = (LOCK_EXPIRY, TWO_INSTANCES)
