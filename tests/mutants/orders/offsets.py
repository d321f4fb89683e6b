"""A defect of offsets that are committed in parallel."""

from __future__ import annotations

import asyncio
from random import Random

from shaketable.history import History
from shaketable.ports import Consumer, Ports, Record, Request, Response
from shaketable.schedule import Do, Step
from shaketable.subject import System, Table, Topic
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


class Letters(Stateless):
    """Handles records side by side, and commits an offset when all before it are handled."""

    def __init__(self, ports: Ports, config: Config) -> None:
        super().__init__(ports, config)
        self.tasks: dict[asyncio.Task[None], None] = {}
        self.done: dict[int, Record] = {}
        self.next: int | None = None
        self.gate = asyncio.Lock()

    async def start(self) -> None:
        self.keep(asyncio.create_task(self.listen()))

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()

    async def handle(self, request: Request) -> Response:
        return Response(404)

    def keep(self, task: asyncio.Task[None]) -> None:
        self.tasks[task] = None
        task.add_done_callback(lambda done: self.tasks.pop(done, None))

    async def listen(self) -> None:
        consumer = self.ports.broker.consumer("letters", ("letters",))
        while True:
            record = await consumer.get()
            if self.next is None:
                self.next = record.offset
            self.keep(asyncio.create_task(self.work(consumer, record)))

    async def work(self, consumer: Consumer, record: Record) -> None:
        async with self.ports.database.transaction() as tx:
            await tx.insert("handled", {"id": record.value["id"]}, on_conflict="ignore")
        await self.commit(consumer, record)

    async def commit(self, consumer: Consumer, record: Record) -> None:
        self.done[record.offset] = record
        async with self.gate:
            while self.next is not None and (following := self.done.pop(self.next, None)) is not None:
                await consumer.commit(following)
                self.next += 1


class CommitsEach(Letters):
    """Commits each offset as its record is handled: that covers an earlier record which is still in work."""

    async def commit(self, consumer: Consumer, record: Record) -> None:
        await consumer.commit(record)


_NEVER_MS = 1 << 60

HANDLED = Table("handled", ("id",))
COVERED = promise_of("OD-OFFSET", "A committed offset covers only what is handled", "covers-unhandled")


def _letters(service: type[Letters]) -> System:
    return system(
        part("letters", service),
        tables=((HANDLED, "id text PRIMARY KEY"),),
        ops={"send": "topic letters"},
        topics=(Topic("letters"),),
    )


def _sent(random: Random) -> tuple[Step, ...]:
    return tuple(
        apart(random, [Do("send", {"id": f"l{n}", "key": "k"}) for n in range(random.randint(2, 3))])
    )


def _covered(history: History) -> tuple[int, list[Finding]]:
    handled_ms = {row["id"]: event.time_ms for event, row in rows_written(history, "handled")}
    records = {
        event.value["offset"]: event.value["value"]["id"] for event in history if event.name == "append"
    }
    count = 0
    for event in history:
        if event.name == "offsets":
            count += 1
            # On real servers two oracles see the two, so the order within a millisecond is not known.
            covered = [records[n] for n in range(event.value["offset"]) if n in records]
            missing = [one for one in covered if handled_ms.get(one, _NEVER_MS) > event.time_ms]
            if missing:
                message = f"offset {event.value['offset']} was committed while {missing[0]} was in work"
                return count, [breach(COVERED, message, event)]
    return count, []


PARALLEL_OFFSETS = order_defect(
    "parallel-offsets", COVERED, _covered, _sent, _letters(CommitsEach), _letters(Letters)
)

DEFECTS = (PARALLEL_OFFSETS,)
