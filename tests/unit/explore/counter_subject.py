"""A tiny subject with a defect that needs three steps, and a world that runs it: no simulator involved."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from shaketable.boundary import Boundary, Route
from shaketable.errors import HarnessError
from shaketable.explore.generate.machine import Machine
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Component, ComponentContext, ComponentRun, Expectation, Pattern, Subject
from shaketable.verdict import Finding, Judgement, Promise
from shaketable.world_traits import Traits, traits_of

SUM = Promise("CT-1", "the level is the sum of what was added", "safety", ("lost add", "double add"), "test")
ENDS = Promise("CT-2", "every add ends", "liveness", ("stuck",), "test")


class Counter:
    """Adds. With defect "lost", an add of 3 or more that comes 500 ms or more after `arm` is lost; "careless" loses all."""

    def __init__(self, context: ComponentContext, defect: str) -> None:
        self._record = context.record
        self._defect = defect
        self._now_ms = 0
        self._armed_ms: int | None = None
        self._level = 0

    def apply(self, step: Step) -> None:
        match step:
            case Wait(ms):
                self._now_ms += ms
            case Do("arm"):
                self._armed_ms = self._now_ms
                self._record(self._now_ms, "state", "counter", "state", "armed")
            case Do("add", value):
                self._add(value["amount"])
            case _:
                raise AssertionError(step)

    def _add(self, amount: int) -> None:
        op = self._record(self._now_ms, "invoke", "client", "add", {"amount": amount})
        armed = self._armed_ms is not None and self._now_ms - self._armed_ms >= 500
        if self._defect == "crash" and armed:
            os._exit(9)
        if self._defect == "raise" and armed:
            raise RuntimeError("the adapter is wrong")
        if self._defect == "spin" and armed:
            while True:
                pass
        lost = self._defect == "lost" and armed and amount >= 3
        lost = lost or self._defect == "careless"
        doubled = self._defect == "double" and amount == 7
        self._level += 0 if lost else amount * (1 + doubled)
        self._record(self._now_ms, "state", "counter", "state", "idle")
        self._record(self._now_ms, "effect", "counter", "level", self._level)
        self._record(self._now_ms, "ok", "client", "add", None, op)

    def finish(self) -> None: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SumChecker:
    """CT-1 by replaying the adds; CT-2 by looking for completions. `blind` never sees a thing."""

    blind: bool = False
    broken: bool = False

    @property
    def promises(self) -> tuple[Promise, ...]:
        return (SUM, ENDS)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        if self.broken:
            raise ValueError("no such key")
        if self.blind:
            return [Judgement(SUM.id, 0), Judgement(ENDS.id, 0)]
        expected, findings, adds = 0, [], 0
        for event in history:
            if event.kind == "invoke":
                expected += event.value["amount"]
                adds += 1
            elif event.kind == "effect" and event.value != expected:
                anomaly = "lost add" if event.value < expected else "double add"
                message = f"the level is {event.value}, not {expected}"
                findings.append(Finding(SUM.id, anomaly, message, (event.index,)))
                break
        return [Judgement(SUM.id, adds, tuple(findings)), Judgement(ENDS.id, adds)]


def machine(subject: Subject) -> type:
    class CounterMachine(Machine):
        @rule(amount=st.integers(1, 9))
        def add(self, amount: int) -> None:
            self.do(Do("add", {"amount": amount}))

        @rule(ms=st.sampled_from([10, 300, 2_000]))
        def wait(self, ms: int) -> None:
            self.do(Wait(ms))

        @rule(arm=st.integers(0, 3))
        def arm(self, arm: int) -> None:
            if arm == 0:
                self.do(Do("arm"))

    return CounterMachine


def calibrate(subject: Subject, execute: Callable[[Schedule], History]) -> Sequence[str]:
    level = next(e.value for e in execute(workload(subject)) if e.kind == "effect")
    declared = subject.profile.int("first_add")
    return [] if level == declared else [f"adding 1 gives {level}, the profile declares {declared}"]


def workload(subject: Subject) -> Schedule:
    return Schedule(subject.name, (Do("add", {"amount": 1}),))


def counter(
    defect: str = "", *, name: str = "", first_add: int = 1, checker: SumChecker | None = None
) -> Subject:
    pattern = Pattern("counter", (SUM, ENDS), (checker or SumChecker(),), machine, workload, calibrate)
    return Subject(
        name or f"counter/{defect or 'sound'}",
        pattern,
        Profile("plain", {"first_add": first_add}),
        Component(lambda context: Counter(context, defect)),
        Expectation({SUM.id: ("lost add",)} if defect == "lost" else {}),
    )


def mutant(defect: str, *kills: str) -> Subject:
    return replace(counter(defect), expects=Expectation(), mutant_of="counter/sound", kills=kills)


@dataclass(slots=True)
class Context:
    record: Callable[..., int]
    seed: int


class ToySession:
    def __init__(self, subject: Subject, seed: int, quiet: bool) -> None:
        self.history = History()
        self.now_ms = 0
        self._quiet = quiet
        assert isinstance(subject.target, Component)
        self._run: ComponentRun = subject.target.open(Context(self.history.add, seed))

    def apply(self, step: Step) -> None:
        if isinstance(step, Wait):
            self.now_ms += step.ms
        self._run.apply(step)

    def drain(self) -> None: ...

    def heal(self) -> None: ...

    def settle(self) -> bool:
        self._run.finish()
        return self._quiet

    def boundaries(self) -> list[Boundary]:
        return [Boundary(Route("client", "counter", "ADD", ""), 1)]

    def close(self) -> None:
        self._run.close()


@dataclass(slots=True)
class ToyWorld:
    """Counts the runs it opened. It is like the world whose name it has."""

    name: str = "toy"
    quiet: bool = True
    opened: int = 0
    opens_max: int = 10**9
    """The runs behind which no other can be opened: a fault of the harness."""

    @property
    def traits(self) -> Traits:
        return traits_of(self.name)

    def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> ToySession:
        if self.opened >= self.opens_max:
            raise HarnessError("a server is gone")
        self.opened += 1
        return ToySession(subject, seed, self.quiet)


def subject_by_name(name: str) -> Subject:
    """What a worker loads its subjects with."""
    defect = name.removeprefix("counter/")
    if defect.startswith("mutant-"):
        return mutant(defect.removeprefix("mutant-"), "CT-1")
    if defect == "misdeclared":
        return counter(name=name, first_add=2)
    if defect == "lost-server":
        return counter("lost", name=name)
    return counter("" if defect == "sound" else defect)


def world_for(subject: Subject, name: str) -> ToyWorld:
    """What a worker makes its world with."""
    return ToyWorld(name, opens_max=34 if subject.name == "counter/lost-server" else 10**9)
