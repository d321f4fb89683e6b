"""One order defect: a system that has it, its twin that has not, the promise that tells them apart, and the workload."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import ClassVar

from hypothesis.stateful import rule

from shaketable.errors import UsageError
from shaketable.explore.generate.machine import Machine
from shaketable.explore.generate.places import PICK
from shaketable.history import Event, History, Json
from shaketable.ports import ConnectionLost, Ports, Refused, Request, Response, Timeout
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import (
    ClientPorts,
    Completion,
    DatabaseSpec,
    Part,
    Pattern,
    Subject,
    System,
    Table,
    Topic,
)
from shaketable.verdict import Finding, Judgement, Promise
from shaketable_targets.order_system.config import Config

ENTRY = "shaketable_targets.order_system.app:main"
"""Serves any class that is made from ports and a configuration, on real servers."""
REQUEST_TIMEOUT_MS = 10_000
"""Longer than a request takes on a slow machine."""
AFTERWARDS_MS = 400
"""Longer than anything of these systems takes, however late its messages are."""
GAP_MS = 15
"""Longer than a request takes when nothing is late, shorter than a message may be late."""
_GAPS_MS = (GAP_MS, 20, 30, 40)

Draw = Callable[[Random], tuple[Step, ...]]
Check = Callable[[History], tuple[int, Sequence[Finding]]]
"""Return how often the promise could have been broken, and the breaches."""


class Stateless:
    """A service without background work, made as `shaketable_targets.order_system.app` makes services."""

    def __init__(self, ports: Ports, config: Config) -> None:
        self.ports = ports

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def handle(self, request: Request) -> Response:
        raise NotImplementedError

    async def ask(self, service: str, path: str, body: Json) -> Response:
        return await self.ports.http.request("POST", service, path, body, timeout_ms=REQUEST_TIMEOUT_MS)


@dataclass(frozen=True, slots=True)
class OneCheck:
    """The checker of one promise."""

    promises: tuple[Promise, ...]
    judge: Check

    def check(self, history: History, profile: Profile) -> list[Judgement]:
        exercised, findings = self.judge(history)
        return [Judgement(self.promises[0].id, exercised, tuple(findings))]


@dataclass(frozen=True, slots=True)
class OrderDefect:
    """`wrong` breaks the promise that it names in some order, `right` in none; `draw` draws workloads for both."""

    name: str
    wrong: Subject
    right: Subject
    draw: Draw


def order_defect(
    name: str, promise: Promise, check: Check, draw: Draw, wrong: System, right: System
) -> OrderDefect:
    """Return the defect; the first line of the docstring of the wrong service is its summary."""
    pattern = _pattern(name, promise, check, draw)
    profile = Profile(name, {})
    made = {part.env["SERVICE_CLASS"]: part for part in wrong.parts}
    made = {
        key: part for key, part in made.items() if key not in {p.env["SERVICE_CLASS"] for p in right.parts}
    }
    (part,) = made.values()
    summary = (part.make.__doc__ or "").partition("\n")[0]
    subject = Subject(f"order-defect/{name}", pattern, profile, right)
    return OrderDefect(
        name,
        Subject(
            f"{subject.name}-planted",
            pattern,
            profile,
            wrong,
            summary=summary,
            mutant_of=subject.name,
            kills=(promise.id,),
        ),
        subject,
        draw,
    )


def promise_of(id_: str, title: str, anomaly: str) -> Promise:
    return Promise(id_, title, "safety", (anomaly,), "tests/mutants/orders")


def breach(promise: Promise, message: str, *witness: Event) -> Finding:
    return Finding(promise.id, promise.anomalies[0], message, tuple(event.index for event in witness))


# -- systems ---------------------------------------------------------------------------------------------


def part(name: str, service: type[Stateless], role: str = "") -> Part:
    """Return a process of `service`; all of them share one database."""

    def start(ports: Ports) -> Stateless:
        return service(ports, Config())

    start.__doc__ = service.__doc__
    env = {"SERVICE_CLASS": f"{service.__module__}:{service.__qualname__}"}
    return Part(name, start, "shop", ENTRY, env, role=role)


def system(
    *parts: Part,
    tables: Sequence[tuple[Table, str]],
    ops: Mapping[str, str],
    topics: tuple[Topic, ...] = (),
    uses_cache: bool = False,
) -> System:
    """Return a system: tables, each with the DDL of its columns, and ops by the service to which a client posts them."""
    schema = "".join(f"CREATE TABLE {table.name} ({columns});\n" for table, columns in tables)
    return System(
        parts,
        _client(ops),
        databases=(DatabaseSpec("shop", tuple(table for table, _ in tables)),),
        topics=topics,
        quiet_ms=500,
        io_timeout_ms=REQUEST_TIMEOUT_MS,
        bound_ms=60_000,
        schema={"shop": schema},
        id_fields=frozenset({"id"}),
        uses_cache=uses_cache,
    )


def _client(ops: Mapping[str, str]) -> Callable[[ClientPorts, Do], object]:
    async def perform(ports: ClientPorts, do: Do) -> Completion:
        """Post the value to the service of the op, or publish it to a topic under its key."""
        to = ops.get(do.f)
        if to is None:
            raise UsageError(f"there is no op {do.f!r}, only {', '.join(ops)}")
        try:
            if to.startswith("topic "):
                await ports.broker.send(to.removeprefix("topic "), str(do.value["key"]), do.value)
                return Completion("ok")
            response = await ports.http.request(
                "POST", to, f"/{do.f}", do.value, timeout_ms=REQUEST_TIMEOUT_MS
            )
        except Refused:
            return Completion("fail")
        except (Timeout, ConnectionLost):
            return Completion("info")
        kind = "ok" if response.status < 300 else "fail" if response.status < 500 else "info"
        return Completion(kind, response.body)

    return perform


# -- workloads -------------------------------------------------------------------------------------------


def apart(random: Random, ops: Iterable[Do]) -> Iterator[Step]:
    """Yield the ops, so far apart that each is over before the next if nothing is late, and then wait for the last."""
    for op in ops:
        yield op
        yield Wait(random.choice(_GAPS_MS))
    yield Wait(AFTERWARDS_MS)


# -- histories -------------------------------------------------------------------------------------------


def rows_written(history: History, table: str) -> Iterator[tuple[Event, Json]]:
    """Yield each row that was inserted into the table or updated, with its commit."""
    for event in history:
        if event.name == "commit":
            for verb, name, row in event.value["writes"]:
                if name == table and verb != "delete":
                    yield event, row


def _pattern(name: str, promise: Promise, check: Check, draw: Draw) -> Pattern:
    def machine_of(subject: Subject) -> type[Machine]:
        return type("DrawnMachine", (DrawnMachine,), {"draw": staticmethod(draw)})

    def workload(subject: Subject) -> Schedule:
        return Schedule(subject.name, draw(Random(name)))

    def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> list[str]:
        return [finding.message for finding in check(execute(workload(subject)))[1]]

    return Pattern(name, (promise,), (OneCheck((promise,), check),), machine_of, workload, calibrate)


class DrawnMachine(Machine):
    """Draws whole workloads, one after the other."""

    draw: ClassVar[Draw]

    @rule(pick=PICK)
    def work(self, pick: int) -> None:
        """Let clients do what one draw says."""
        for step in self.draw(Random(pick)):
            self.do(step)
