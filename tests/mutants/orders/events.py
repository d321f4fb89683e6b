"""Two defects of events: a relay that passes a late commit, and two consumers that pass an inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from random import Random

from shaketable.history import Event, History, Json
from shaketable.ports import Ports, Request, Response, Row, Transaction
from shaketable.schedule import Do, Step, Wait
from shaketable.subject import System, Table, Topic
from shaketable.verdict import Finding
from shaketable_targets.order_system.config import Config
from tests.mutants.orders.declared import (
    AFTERWARDS_MS,
    Stateless,
    apart,
    breach,
    order_defect,
    part,
    promise_of,
    rows_written,
    system,
)

# -- the gap of a late commit ----------------------------------------------------------------------------


class Writer(Stateless):
    """Writes an event into the outbox."""

    async def handle(self, request: Request) -> Response:
        async with self.ports.database.transaction() as tx:
            await tx.insert("outbox", {"event": request.body["id"], "status": "PENDING"})
        return Response(201)


class Relay(Stateless):
    """Publishes, whenever a job asks for it, what is pending, and marks it."""

    async def handle(self, request: Request) -> Response:
        async with self.ports.database.transaction() as tx:
            rows = await self.pending(tx)
        for row in rows:
            await self.ports.broker.send("events", str(row["event"]), {"event": row["event"]})
        await self.mark(rows)
        return Response(200)

    async def pending(self, tx: Transaction) -> list[Row]:
        return await tx.select("outbox", ("status", "=", "PENDING"), order_by=("id",))

    async def mark(self, rows: Sequence[Row]) -> None:
        if rows:
            async with self.ports.database.transaction() as tx:
                await tx.update("outbox", {"status": "SENT"}, ("id", "in", [row["id"] for row in rows]))


class CursorById(Relay):
    """Remembers the last id: a row that is committed after one with a higher id is never read."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.cursor = 0

    async def pending(self, tx: Transaction) -> list[Row]:
        return await tx.select("outbox", ("id", ">", self.cursor), order_by=("id",))

    async def mark(self, rows: Sequence[Row]) -> None:
        self.cursor = max([self.cursor, *(int(row["id"] or 0) for row in rows)])


OUTBOX = Table("outbox", ("id",), serial="id")
ALL_PUBLISHED = promise_of(
    "OD-GAP", "Every event that is committed before a relay begins is published", "never-published"
)


def _relay(service: type[Relay]) -> System:
    return system(
        part("writer", Writer),
        part("relay", service),
        tables=((OUTBOX, "id bigserial PRIMARY KEY, event text, status text"),),
        ops={"write": "writer", "relay": "relay"},
        topics=(Topic("events"),),
    )


def _writes(random: Random) -> tuple[Step, ...]:
    # A run may have several of these workloads: an event that had the name of an earlier one would count as published.
    first = random.randrange(1_000_000)
    writes = [Do("write", {"id": f"e{first}-{n}"}) for n in range(random.randint(2, 3))]
    return (
        *apart(random, [*writes, Do("relay", {"id": "r1"})]),
        Do("relay", {"id": "r2"}),
        Wait(AFTERWARDS_MS),
    )


def _all_published(history: History) -> tuple[int, list[Finding]]:
    asked = max((op.invoked.index for op in history.ops() if op.name == "relay"), default=0)
    inserted = {row["event"]: event for event, row in reversed(list(rows_written(history, "outbox")))}
    inserted = {event: commit for event, commit in inserted.items() if commit.index < asked}
    published = {event.value["value"]["event"] for event in history if event.name == "append"}
    findings = [
        breach(ALL_PUBLISHED, f"{event} was committed and never published", commit)
        for event, commit in inserted.items()
        if event not in published
    ]
    return len(inserted), findings


OUTBOX_GAP = order_defect(
    "outbox-gap", ALL_PUBLISHED, _all_published, _writes, _relay(CursorById), _relay(Relay)
)

# -- two consumers past an inbox -------------------------------------------------------------------------


class Credits(Stateless):
    """One of two members of a group. It enters an event into an inbox whose key is unique, and credits it then."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.listening: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.listening = asyncio.create_task(self.listen())

    async def stop(self) -> None:
        if self.listening is not None:
            self.listening.cancel()

    async def listen(self) -> None:
        consumer = self.ports.broker.consumer("credits", ("credits",))
        while True:
            record = await consumer.get()
            async with self.ports.database.transaction() as tx:
                await self.credit(tx, record.value)
            await consumer.commit(record)

    async def credit(self, tx: Transaction, value: Json) -> None:
        if await tx.insert("inbox", {"event": value["id"]}, on_conflict="ignore") is not None:
            await tx.insert("credits", {"event": value["id"]})


class ChecksThenInserts(Credits):
    """Looks into an inbox without a constraint, credits, and then enters the event: two members may both have looked."""

    async def credit(self, tx: Transaction, value: Json) -> None:
        if not await tx.select("seen", ("event", "=", value["id"])):
            await tx.insert("credits", {"event": value["id"]})
            await tx.insert("seen", {"event": value["id"]})


INBOX = Table("inbox", ("event",))
SEEN = Table("seen", ("number",), serial="number")
CREDITS = Table("credits", ("number",), serial="number")
CREDITED_ONCE = promise_of("OD-INBOX", "An event is credited once", "credited-twice")
PARTITION_KEYS = ("a", "d")
"""One for each partition: a producer that asks twice may use either."""


def _credits(service: type[Credits]) -> System:
    numbered = "number bigserial PRIMARY KEY, event text"
    return system(
        *(part(f"credits-{n}", service, "credits") for n in (1, 2)),
        tables=((INBOX, "event text PRIMARY KEY"), (SEEN, numbered), (CREDITS, numbered)),
        ops={"credit": "topic credits"},
        topics=(Topic("credits", 2),),
    )


def _events(random: Random) -> tuple[Step, ...]:
    first = random.randrange(2)
    keys = [PARTITION_KEYS[first], PARTITION_KEYS[1 - first], random.choice(PARTITION_KEYS)]
    events = ["e1", "e1", random.choice(("e1", "e2"))]
    credit = [Do("credit", {"id": event, "key": key}) for event, key in zip(events, keys, strict=True)]
    return tuple(apart(random, credit))


def _credited_once(history: History) -> tuple[int, list[Finding]]:
    credited: dict[str, Event] = {}
    count = 0
    for event, row in rows_written(history, "credits"):
        count += 1
        if (name := row["event"]) in credited:
            first = credited[name]
            message = f"{first.process} credited {name}, and {event.process} credited it again"
            return count, [breach(CREDITED_ONCE, message, first, event)]
        credited[name] = event
    return count, []


PAST_THE_INBOX = order_defect(
    "past-the-inbox", CREDITED_ONCE, _credited_once, _events, _credits(ChecksThenInserts), _credits(Credits)
)

DEFECTS = (OUTBOX_GAP, PAST_THE_INBOX)
