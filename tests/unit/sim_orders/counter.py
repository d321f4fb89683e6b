"""A counter that reads and then writes, in no transaction of isolation: two additions at once may count as one."""

from __future__ import annotations

import msgspec

from shaketable.orders.policy import Orders
from shaketable.ports import Ports, Request
from shaketable.runner import Run
from shaketable.schedule import Do, Step, Wait
from shaketable.sim.world import SimWorld
from shaketable.subject import ClientPorts, Completion, DatabaseSpec, Part, Subject, System, Table
from tests.unit.sim_world.shop import PATTERN, SUBJECT, Answer

ADDITIONS: tuple[Step, ...] = (Do("add"), Wait(5), Do("add"), Wait(1_000))
"""The second begins when the first has been answered, if nothing is late."""


class Counter:
    def __init__(self, ports: Ports) -> None:
        self.ports = ports

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def handle(self, request: Request) -> Answer:
        async with self.ports.database.transaction() as t:
            (row,) = await t.select("counts", ("id", "=", "all"))
            await t.update("counts", {"count": row["count"] + 1}, ("id", "=", "all"))
        return Answer(200)


async def perform(ports: ClientPorts, do: Do) -> Completion:
    answer = await ports.http.request("POST", "counter", "/add")
    return Completion("ok" if answer.status == 200 else "info", answer.body)


SYSTEM = System(
    parts=(Part("counter", Counter, "counter"),),
    perform=perform,
    databases=(DatabaseSpec("counter", (Table("counts", ("id",), rows=({"id": "all", "count": 0},)),)),),
)
COUNTER = Subject("counter", PATTERN, SUBJECT.profile, SYSTEM)


def played(
    orders: Orders | None, subject: Subject = COUNTER, steps: tuple[Step, ...] = ADDITIONS, seed: int = 0
) -> Run:
    run = Run(SimWorld(), subject, orders=orders, seed=seed)
    run.steps(steps)
    run.finish()
    return run


def counted(run: Run) -> int:
    """Return the last count that was written."""
    commits = [e for e in run.history if e.kind == "effect" and e.name == "commit"]
    return commits[-1].value["writes"][0][2]["count"]


def told(run: Run) -> bytes:
    """Return the run's history as bytes."""
    return msgspec.json.encode(run.history.events)
