"""A tiny system for tests of the simulated world: a shop that books and announces, a reader that listens."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from shaketable.fault import Fault
from shaketable.ports import ConnectionLost, Ports, Refused, Request, Timeout
from shaketable.profile import Profile
from shaketable.runner import Run
from shaketable.schedule import Do, Heal, Inject, Schedule, Step, Wait
from shaketable.sim.world import SimWorld
from shaketable.subject import (
    ClientPorts,
    Completion,
    DatabaseSpec,
    External,
    Ledger,
    Part,
    Pattern,
    Subject,
    System,
    Table,
    Topic,
)


@dataclass(frozen=True)
class Answer:
    status: int
    body: object = None


class Shop:
    """POST /buy inserts a sale, asks the bank, and appends to `sales`."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def handle(self, request: Request) -> Answer:
        sale = request.body["sale"]
        await self.ports.http.request("POST", "bank", "/pay", {"sale": sale}, timeout_ms=500)
        async with self.ports.database.transaction() as t:
            await t.insert("sales", {"id": sale})
        await self.ports.broker.send("sales", sale, {"sale": sale})
        return Answer(201, {"at_ms": self.ports.clock.monotonic_ms()})


class Reader:
    """Consumes `sales` into its own table."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    async def start(self) -> None:
        self.task = asyncio.create_task(self.listen())

    async def stop(self) -> None:
        self.task.cancel()

    async def handle(self, request: Request) -> Answer:
        return Answer(404)

    async def listen(self) -> None:
        consumer = self.ports.broker.consumer("readers", ["sales"])
        while True:
            record = await consumer.get()
            async with self.ports.database.transaction() as t:
                await t.insert(
                    "seen", {"id": f"{record.value['sale']}@{record.offset}"}, on_conflict="ignore"
                )
            await consumer.commit(record)


class Bank:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def handle(self, request: Request) -> Answer:
        self.ledger.record("pay", request.body)
        return Answer(200)


async def perform(ports: ClientPorts, do: Do) -> Completion:
    try:
        answer = await ports.http.request("POST", "shop", "/buy", {"sale": do.value}, timeout_ms=3_000)
    except Refused:
        return Completion("fail", "refused")
    except (Timeout, ConnectionLost) as error:
        return Completion("info", type(error).__name__)
    return Completion("ok" if answer.status == 201 else "info", answer.body)


SYSTEM = System(
    parts=(Part("shop", Shop, "shop"), Part("reader", Reader, "reader")),
    perform=perform,
    databases=(
        DatabaseSpec("shop", (Table("sales", ("id",)),)),
        DatabaseSpec("reader", (Table("seen", ("id",), rows=({"id": "old"},)),)),
    ),
    topics=(Topic("sales"),),
    externals=(External("bank", Bank),),
)
PATTERN = Pattern("shop", (), (), lambda s: object, lambda s: Schedule(s.name, ()), lambda s, e: ())
SUBJECT = Subject("shop", PATTERN, Profile("none", {}), SYSTEM)


def play(*steps: Step | Fault, trace: bool = False):
    """Run steps (a bare fault is injected) to the end and return the finished run."""
    run = Run(SimWorld(), SUBJECT, trace=trace)
    for step in steps:
        run.step(step if isinstance(step, Do | Inject | Heal | Wait) else Inject(step))
    run.finish()
    return run


def named(run, kind: str, name: str = "") -> list:
    return [e for e in run.history if e.kind == kind and name in ("", e.name)]


def outcome(run) -> tuple[str, object]:
    (op,) = run.history.ops()
    return op.outcome, op.result
