"""Steps with `with_next` happen in one turn: tasks get no further than an await, threads give way at locks or at lines."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from shaketable.components.calls.odd_endings import ODD_ENDINGS
from shaketable.components.component import component
from shaketable.components.interface.adapter import Carrier
from shaketable.components.interface.interface import Interface
from shaketable.components.world import ComponentSession
from shaketable.history import Event, Json
from shaketable.schedule import Do, Step, Wait

ODD = Interface("odd", endings=(*Interface("calls").endings, *ODD_ENDINGS))


class Counted:
    """Lets one call in, by what it saw a moment ago."""

    rejections = (OverflowError,)

    def __init__(self) -> None:
        self.count = 0
        self.lock = threading.Lock()

    def state(self) -> str:
        return str(self.count)


class LooksThenTakes(Counted):
    def call(self, fn: Callable[[], object]) -> object:
        with self.lock:
            seen = self.count
        if seen:
            raise OverflowError
        with self.lock:
            self.count = seen + 1
        return fn()


class LooksThenTakesWithoutLock(Counted):
    def call(self, fn: Callable[[], object]) -> object:
        seen = self.count
        if seen:
            raise OverflowError
        self.count = seen + 1
        return fn()


class AsksInBetween(Counted):
    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        seen = self.count
        await asyncio.sleep(0)
        if seen:
            raise OverflowError
        self.count = seen + 1
        return await fn()


class LosesEnds(Counted):
    """Counts ends under a lock that it lets go of in between."""

    def call(self, fn: Callable[[], object]) -> object:
        try:
            return fn()
        finally:
            with self.lock:
                seen = self.count
            with self.lock:
                self.count = seen + 1


class HandsOn:
    def call(self, fn: Callable[[], object]) -> object:
        return fn()


def events(made_of: Callable[[], object], *steps: Step, carrier: Carrier = "threads") -> list[Event]:
    sync = made_of is not AsksInBetween
    target = component(
        lambda _clock: made_of(), sync=sync, carrier=carrier, interface=ODD if made_of is HandsOn else None
    )
    session = ComponentSession(target, 0)
    for step in steps:
        session.apply(step)
    session.heal()
    session.settle()
    session.close()
    return session.history.events


def start(call: int, **more: Json) -> Do:
    return Do("start", {"call": call, **more})


def finish(call: int, how: str = "ok", **more: Json) -> Do:
    return Do("finish", {"call": call, "with": how, **more})


def admitted(found: list[Event]) -> list[int]:
    return [event.value["call"] for event in found if event.name == "admitted"]


TOGETHER = (start(1, with_next=True), start(2))


@pytest.mark.parametrize("carrier", ["threads", "greenlets"])
def test_workers_take_turns_at_locks(carrier: Carrier) -> None:
    assert admitted(events(LooksThenTakes, start(1), start(2), carrier=carrier)) == [1]
    assert admitted(events(LooksThenTakes, *TOGETHER, carrier=carrier)) == [1, 2]


def test_threads_take_turns_at_lines_if_they_are_to() -> None:
    by_line = (start(1, with_next=True, lines=True), start(2, lines=True))
    assert admitted(events(LooksThenTakesWithoutLock, *TOGETHER)) == [1]
    assert admitted(events(LooksThenTakesWithoutLock, *by_line)) == [1, 2]


def test_tasks_that_begin_in_one_turn_get_no_further_than_an_await() -> None:
    assert admitted(events(AsksInBetween, start(1), start(2))) == [1]
    assert admitted(events(AsksInBetween, *TOGETHER)) == [1, 2]


@pytest.mark.parametrize("lines", [False, True])
def test_calls_that_end_in_one_turn_take_turns_too(lines: bool) -> None:
    begun = (start(1), start(2))
    assert [e.value for e in events(LosesEnds, *begun, finish(1), finish(2)) if e.kind == "state"][-1] == "2"
    ends = (finish(1, with_next=True, lines=lines), finish(2, lines=lines))
    assert [e.value for e in events(LosesEnds, *begun, *ends) if e.kind == "state"][-1] == "1"


def test_a_turn_ends_at_the_next_step_of_another_sort_or_at_the_heal() -> None:
    for steps in ((start(1, with_next=True), Wait(1)), (start(1, with_next=True),)):
        found = events(LooksThenTakes, *steps)
        assert admitted(found) == [1]
        assert [event.kind for event in found if event.process == "call-1"] == ["invoke", "ok"]


def test_what_happens_in_one_turn_is_told_to_the_checkers_and_the_same_each_time() -> None:
    found = events(LooksThenTakes, *TOGETHER)
    assert [event.value["call"] for event in found if event.name == "overlaps"] == [1, 2]
    assert found == events(LooksThenTakes, *TOGETHER)


@pytest.mark.parametrize(
    ("how", "shown"),
    [
        ("empty", None), ("zero", 0), ("blank", ""), ("false", False), ("nothing", "list"),
        ("fail_falsy", "FalsyFailure"), ("excluded_falsy", "FalsyRefusal"), ("abort", "Aborted"), ("group", "Several"),
    ],
)  # fmt: skip
def test_an_odd_ending_comes_out_as_it_is(how: str, shown: Json) -> None:
    (done,) = [e for e in events(HandsOn, start(1), finish(1, how)) if e.kind in ("ok", "fail")]
    told = done.value["result"] if done.kind == "ok" else done.value["error"]
    assert (type(told), told) == (type(shown), shown)
    assert "instead_of" not in done.value
