"""Where orders are decided, a call is overtaken at a line, a lock or an await, and deviations make the same history again."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import ClassVar

import pytest

from shaketable.components.component import component
from shaketable.components.interface.adapter import Carrier
from shaketable.components.interface.interface import CALLS
from shaketable.components.interface.interface_words import InterfaceWords
from shaketable.components.scheduling.outside import outside
from shaketable.components.world import ComponentSession, ComponentWorld
from shaketable.history import Event
from shaketable.orders.call_point import standing_words
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.orders.policy import Orders, Policy, PolicyName
from shaketable.schedule import Do, Step, Wait
from shaketable.world import OrderedWorld

SEEDS = 150
POLICIES: tuple[PolicyName, ...] = ("random-walk", "pct", "pos", "surw", "mutating")


class Counted:
    """Lets one call in, by what it saw a moment ago."""

    rejections = (OverflowError,)

    def __init__(self) -> None:
        self.count = 0
        self.lock = threading.Lock()

    def state(self) -> str:
        return str(self.count)


class WithoutLock(Counted):
    def call(self, fn: Callable[[], object]) -> object:
        seen = self.count
        if seen:
            raise OverflowError
        self.count = seen + 1
        return fn()


class LooksThenTakes(Counted):
    def call(self, fn: Callable[[], object]) -> object:
        with self.lock:
            seen = self.count
        if seen:
            raise OverflowError
        with self.lock:
            self.count = seen + 1
        return fn()


class OneLock(Counted):
    def call(self, fn: Callable[[], object]) -> object:
        with self.lock:
            if self.count:
                raise OverflowError
            self.count += 1
        return fn()


class PlayedStore:
    """Looks, then writes: one step of a real store, two lines here."""

    def __init__(self) -> None:
        self.count = 0

    def takes_it(self) -> bool:
        seen = self.count
        self.count = seen + 1
        return not seen


class AsksAStore(Counted):
    store: ClassVar[type[PlayedStore]] = PlayedStore

    def __init__(self) -> None:
        super().__init__()
        self.kept = self.store()

    def call(self, fn: Callable[[], object]) -> object:
        if not self.kept.takes_it():
            raise OverflowError
        return fn()


class AsksAStoreOutside(AsksAStore):
    store = outside(type("StoreOutside", (), dict(vars(PlayedStore))))


class AwaitsInBetween(Counted):
    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        seen = self.count
        await asyncio.sleep(0)
        if seen:
            raise OverflowError
        self.count = seen + 1
        return await fn()


class OneAsyncLock(Counted):
    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Lock()

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        async with self.gate:
            await asyncio.sleep(0)
            if self.count:
                raise OverflowError
            self.count += 1
        return await fn()


Kind = tuple[type[Counted], Carrier]
WRONG: tuple[Kind, ...] = (
    (WithoutLock, "threads"),
    (LooksThenTakes, "threads"),
    (LooksThenTakes, "greenlets"),
    (AwaitsInBetween, "threads"),
    (AsksAStore, "threads"),
)
RIGHT: tuple[Kind, ...] = (
    (AsksAStoreOutside, "threads"),
    (OneLock, "threads"),
    (OneLock, "greenlets"),
    (OneAsyncLock, "threads"),
)
STEPS: tuple[Step, ...] = (
    Do("start", {"call": 1}),
    Do("start", {"call": 2}),
    Wait(1),
    Do("finish", {"call": 1, "with": "ok"}),
)


def run(kind: Kind, orders: Orders | None, steps: tuple[Step, ...] = STEPS) -> ComponentSession:
    made_of, carrier = kind
    sync = not asyncio.iscoroutinefunction(made_of.call)
    session = ComponentSession(component(lambda _clock: made_of(), sync=sync, carrier=carrier), 0, orders)
    try:
        session.apply_all(steps)
        session.heal()
        session.settle()
    finally:
        session.close()
    return session


def admitted(session: ComponentSession) -> int:
    return sum(event.name == "admitted" for event in session.history.events)


def policy_runs(kind: Kind, name: PolicyName) -> list[ComponentSession]:
    return [run(kind, Orders((), Policy(name, seed, events=20))) for seed in range(SEEDS)]


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("name", POLICIES)
def test_each_policy_comes_between_check_and_act_and_its_deviations_make_the_same_history(
    kind: Kind, name: PolicyName
) -> None:
    assert admitted(run(kind, None)) == admitted(run(kind, Orders())) == 1
    found = policy_runs(kind, name)
    assert any(admitted(session) == 2 for session in found)
    for session in found:
        again = run(kind, Orders(session.deviations()))
        assert again.history.events == session.history.events
        assert again.deviations() == session.deviations()


@pytest.mark.parametrize("kind", RIGHT)
def test_what_checks_and_acts_under_one_lock_is_right_in_every_order(kind: Kind) -> None:
    for name in POLICIES:
        for session in policy_runs(kind, name):
            assert admitted(session) == 1


def line(text: str) -> str:
    lines = Path(__file__).read_text().splitlines()
    place = next(n for n, one in enumerate(lines, 1) if one.strip() == text)
    return f"{Path(__file__).name}:{place}"


def at_its_write() -> Deviation:
    """Return the one deviation by which call 1 stands before the first `self.count = seen + 1`."""
    return Deviation(
        f"call-1>component LINE {line('self.count = seen + 1')} #1",
        "request",
        Arrival("call-2>component BEGIN #1", "request"),
    )


def test_one_deviation_says_at_which_line_a_call_stands_until_another_begins() -> None:
    session = run(WRONG[0], Orders((at_its_write(),)))
    assert admitted(session) == 2
    (told,) = [event for event in session.history.events if event.name == "stopped"]
    place = line("self.count = seen + 1")
    assert InterfaceWords(CALLS).of_event(told) == f"call 2 goes on while call 1 stands at {place}"
    assert standing_words(at_its_write()) == f"call 1 stands at {place} until call 2 begins"


def test_a_deviation_that_waits_in_vain_ends_before_time_passes() -> None:
    session = run(WRONG[0], Orders((at_its_write(),)), (STEPS[0], *STEPS[2:]))
    assert [event.time_ms for event in session.history.events if event.name == "admitted"] == [0]


def test_no_time_passes_and_no_call_is_ended_before_its_function_is_entered() -> None:
    for name in POLICIES:
        for session in policy_runs(WRONG[0], name):
            told = [event for event in session.history.events if event.name != "state"]
            assert {e.time_ms for e in told if e.name in ("admitted", "stopped", "goes_on")} == {0}
            names = [e.name for e in told if e.process == "upstream" and e.value["call"] == 1]
            assert names in ([], ["admitted", "returned"])


def test_the_world_of_components_decides_orders() -> None:
    assert isinstance(ComponentWorld(), OrderedWorld)


def test_another_process_under_another_hash_seed_makes_the_same_history() -> None:
    script = "from tests.unit.components.test_call_orders import digest; print(digest())"
    for hash_seed in ("1", "77"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[3],
            timeout=60,
        )
        assert done.stdout.decode().strip() == digest()


def digest() -> str:
    """Return what the runs of some seeds consist of."""
    runs = [run(kind, Orders((), Policy("surw", seed))) for kind in WRONG for seed in range(10)]
    shown: list[tuple[list[Event], tuple[Deviation, ...]]] = [
        (session.history.events, session.deviations()) for session in runs
    ]
    return repr(shown).replace("\n", " ")


class HandsOn(Counted):
    """Decides, and lets a task of its own run the function."""

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        self.count += 1

        async def run_it() -> object:
            return await fn()

        return await asyncio.create_task(run_it())


def test_a_call_that_waits_for_a_task_of_its_own_is_told_to_stand_while_another_goes_on() -> None:
    late = Deviation("call-1>component BEGIN #1", "request", Arrival("call-2>component BEGIN #1", "request"))
    found = run((HandsOn, "threads"), Orders((late,))).history.events
    told = [(event.value["call"], event.value["other"]) for event in found if event.name == "stopped"]
    assert told[:2] == [(1, 2), (2, 1)]
