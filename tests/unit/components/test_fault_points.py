"""Faults inside a component: each kind, sync and asyncio alike, with its receipt; and that a crash spares what is outside."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from shaketable.components.component import component
from shaketable.components.interface.adapter import Carrier
from shaketable.components.interface.interface import Interface, Method
from shaketable.components.world import ComponentSession
from shaketable.errors import UsageError
from shaketable.faults.points import PointCancel, PointCrash, PointDelay, PointFail, PointLoss
from shaketable.history import History, Json
from shaketable.schedule import AtPoint, Do, Heal, Step, Wait

REQUEST, REPLY = "store.request", "store.reply"
NOTES = Interface(
    "notebook", methods=(Method("call"), Method("note", runs=False), Method("later", runs=False))
)
WAYS = ("threads", "greenlets", "asyncio")
each_way = pytest.mark.parametrize("way", WAYS)


class Notebook:
    """Counts its calls in a store outside and in memory; the store has a request and a reply."""

    rejections: tuple[type[BaseException], ...] = ()

    def __init__(self, _clock: object, points: Any) -> None:
        self.points = points
        self.stored: list[int] = points.durable("store", list)
        self.memory = 0
        self.cleaned_up = points.durable("cleaned up", list)

    def call(self, fn: Callable[[], object]) -> object:
        self.note()
        return fn()

    def note(self) -> str:
        self.memory += 1
        self.points.reach(REQUEST)
        self.stored.append(self.memory)
        try:
            self.points.reach(REPLY)
        finally:
            self.cleaned_up.append(self.memory)
        return f"{self.memory} in memory, {len(self.stored)} stored"

    def later(self) -> str:
        return "nothing"


class AsyncNotebook:
    """The same for asyncio; `later` starts a task that outlives its call."""

    rejections: tuple[type[BaseException], ...] = ()

    def __init__(self, _clock: object, points: Any) -> None:
        self.points = points
        self.stored: list[int] = points.durable("store", list)
        self.memory = 0
        self.cleaned_up = points.durable("cleaned up", list)
        self.tasks: set[asyncio.Task[None]] = set()

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        await self.note()
        return await fn()

    async def note(self) -> str:
        self.memory += 1
        await self.points.reach(REQUEST)
        self.stored.append(self.memory)
        try:
            await self.points.reach(REPLY)
        finally:
            self.cleaned_up.append(self.memory)
        return f"{self.memory} in memory, {len(self.stored)} stored"

    async def later(self) -> str:
        self.tasks.add(asyncio.create_task(self._renew()))
        return "begun"

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(1)
            await self.points.reach("renewal")
            self.memory += 10


def session(way: str, make: Callable[..., object] | None = None) -> ComponentSession:
    carrier: Carrier = "greenlets" if way == "greenlets" else "threads"
    chosen = make or (AsyncNotebook if way == "asyncio" else Notebook)
    return ComponentSession(component(chosen, sync=way != "asyncio", carrier=carrier, interface=NOTES), 0)


def run(way: str, *steps: Step, heal: bool = True) -> History:
    opened = session(way)
    try:
        for step in steps:
            opened.apply(step)
        if heal:
            opened.heal()
            opened.settle()
    finally:
        opened.close()
    return opened.history


def note(call: int) -> Do:
    return Do("start", {"call": call, "method": "note"})


def start(call: int) -> Do:
    return Do("start", {"call": call})


def completion(history: History, call: int) -> tuple[str, Json, int]:
    event = next(e for e in history if e.process == f"call-{call}" and e.ref >= 0)
    return event.kind, event.value, event.time_ms


def receipts(history: History) -> list[str]:
    return [e.value["what"] for e in history if e.kind == "receipt"]


@each_way
def test_without_a_fault_points_are_passed_and_listed(way: str) -> None:
    opened = session(way)
    opened.apply(note(1))
    opened.apply(note(2))
    opened.close()
    assert completion(opened.history, 2)[:2] == ("ok", {"result": "2 in memory, 2 stored"})
    assert opened.points() == [REQUEST, REPLY, REQUEST, REPLY]
    assert [e.kind for e in opened.history] == ["invoke", "ok", "invoke", "ok"]


@each_way
def test_a_failing_request_has_no_effect_and_a_failing_reply_has_one(way: str) -> None:
    at_request = run(way, AtPoint(REQUEST, PointFail()), note(1), note(2))
    failed = {"rejected": False, "error": "ConnectionError", "at_point": REQUEST}
    assert completion(at_request, 1)[:2] == ("fail", failed)
    assert completion(at_request, 2)[:2] == ("ok", {"result": "2 in memory, 1 stored"})
    assert receipts(at_request) == ["fail: call 1 was at store.request"]
    at_reply = run(way, AtPoint(REPLY, PointFail(error="TimeoutError")), note(1), note(2))
    assert completion(at_reply, 1)[1]["error"] == "TimeoutError"
    assert completion(at_reply, 2)[1] == {"result": "2 in memory, 2 stored"}


@each_way
def test_a_lost_reply_is_a_time_out_after_the_effect(way: str) -> None:
    history = run(way, AtPoint(REPLY, PointLoss(timeout_ms=300)), note(1), Wait(1_000), note(2))
    lost = {"rejected": False, "error": "TimeoutError", "at_point": REPLY}
    assert completion(history, 1) == ("fail", lost, 300)
    assert completion(history, 2)[1] == {"result": "2 in memory, 2 stored"}


@each_way
def test_a_delayed_call_is_overtaken_and_is_not_said_to_be_blocked_by_the_component(way: str) -> None:
    history = run(way, AtPoint(REQUEST, PointDelay(for_ms=500)), note(1), note(2), Wait(499), Wait(1))
    assert completion(history, 2) == ("ok", {"result": "2 in memory, 1 stored"}, 0)
    assert completion(history, 1) == ("ok", {"result": "2 in memory, 2 stored"}, 500)
    assert not [e for e in history if e.name == "blocked"]


@each_way
def test_a_cancelled_call_cleans_up_and_ends_cancelled(way: str) -> None:
    opened = session(way)
    opened.apply_all((AtPoint(REPLY, PointCancel()), note(1), note(2)))
    opened.close()
    assert completion(opened.history, 1)[:2] == ("info", {"cancelled": True})
    assert completion(opened.history, 2)[1] == {"result": "2 in memory, 2 stored"}
    assert receipts(opened.history) == ["cancel: call 1 was at store.reply"]


@each_way
def test_a_crash_loses_the_memory_and_every_call_in_flight_and_spares_the_store(way: str) -> None:
    kept: list[Any] = []

    def make(clock: object, points: Any) -> object:
        kept.append((AsyncNotebook if way == "asyncio" else Notebook)(clock, points))
        return kept[-1]

    opened = session(way, make)
    opened.apply_all((start(1), AtPoint(REPLY, PointCrash()), note(2), note(3)))
    history = opened.history
    assert [completion(history, call)[:2] for call in (1, 2)] == [("info", {"crashed": True})] * 2
    assert completion(history, 3)[:2] == ("ok", {"result": "1 in memory, 3 stored"})
    told = [(e.kind, e.process) for e in history if e.kind in ("receipt", "crash", "restart")]
    assert told == [("receipt", REPLY), ("crash", "notebook"), ("restart", "notebook")]
    assert kept[0].cleaned_up == [1, 1]  # call 1 and call 3: no `finally` of call 2 ran
    opened.apply_all((Do("finish", {"call": 1, "with": "ok"}), Do("cancel", {"call": 2})))
    opened.heal()
    assert opened.settle()
    opened.close()
    assert [e.process for e in history if e.kind == "invoke"] == ["call-1", "call-2", "call-3"]


@each_way
def test_what_a_dead_call_waits_for_never_wakes_it(way: str) -> None:
    history = run(
        way,
        AtPoint(REQUEST, PointDelay(for_ms=1_000)),
        note(1),
        AtPoint(REPLY, PointCrash(), call=2),
        note(2),
        Wait(5_000),
        note(3),
    )
    assert completion(history, 1)[:2] == ("info", {"crashed": True})
    assert completion(history, 3)[1] == {"result": "1 in memory, 2 stored"}  # call 2 and call 3


@each_way
def test_a_fault_waits_for_its_call_and_for_its_time(way: str) -> None:
    steps = (AtPoint(REQUEST, PointFail(), call=2), AtPoint(REPLY, PointFail(), n=3))
    history = run(way, *steps, *(note(call) for call in (1, 2, 3, 4, 5)))
    assert [completion(history, call)[0] for call in (1, 2, 3, 4, 5)] == ["ok", "fail", "ok", "fail", "ok"]


@each_way
def test_two_faults_that_are_due_happen_one_after_the_other(way: str) -> None:
    history = run(way, AtPoint(REPLY, PointFail()), AtPoint(REPLY, PointCancel()), note(1), note(2), note(3))
    assert [completion(history, call)[0] for call in (1, 2, 3)] == ["fail", "info", "ok"]


@each_way
def test_a_fault_whose_point_is_not_reached_leaves_no_receipt_and_is_disarmed_by_a_heal(way: str) -> None:
    history = run(way, AtPoint("elsewhere", PointFail()), AtPoint(REPLY, PointCrash()), Heal(), note(1))
    assert [e.name for e in history if e.kind == "fault"] == ["fail", "crash"]
    assert receipts(history) == []
    assert completion(history, 1)[0] == "ok"
    unhealed = run(way, AtPoint(REPLY, PointFail()), heal=True)
    assert receipts(unhealed) == []


def test_what_runs_beside_the_calls_meets_faults_too_and_dies_of_a_crash() -> None:
    later = Do("start", {"call": 1, "method": "later"})
    history = run(
        "asyncio", later, Wait(1_500), note(2), AtPoint("renewal", PointFail()), Wait(5_000), note(3)
    )
    assert completion(history, 2)[1]["result"].startswith("11 in memory")
    assert completion(history, 3)[1]["result"].startswith("12 in memory")
    assert receipts(history) == ["fail: what runs beside the calls was at renewal"]
    crashed = run("asyncio", later, AtPoint("renewal", PointCrash()), Wait(5_000), note(3))
    assert completion(crashed, 3)[1]["result"] == "1 in memory, 1 stored"
    spared = run("asyncio", later, AtPoint("renewal", PointCancel()), Wait(3_500), note(3))
    assert receipts(spared) == []  # only a call can be cancelled
    assert completion(spared, 3)[1]["result"].startswith("31 in memory")


class Wrapped(AsyncNotebook):
    """Reaches its points in a task of its own, as `wait_for` has it."""

    async def note(self) -> str:
        return await asyncio.wait_for(super().note(), 10)


def test_a_call_is_known_at_its_points_in_whatever_task_it_runs() -> None:
    opened = session("asyncio", Wrapped)
    opened.apply_all((AtPoint(REPLY, PointCancel(), call=2), note(1), note(2)))
    opened.close()
    assert completion(opened.history, 2)[:2] == ("info", {"cancelled": True})


def test_the_same_steps_give_the_same_history_by_threads_and_by_greenlets() -> None:
    steps = (
        *(
            start(1),
            AtPoint(REQUEST, PointDelay(for_ms=250)),
            note(2),
            AtPoint(REPLY, PointLoss(timeout_ms=250)),
        ),
        *(note(3), Wait(100), AtPoint(REPLY, PointCrash(), call=4), start(4), Wait(500), start(5)),
    )
    assert run("threads", *steps).events == run("greenlets", *steps).events


@pytest.mark.parametrize("error", ["NoSuchError", "print", "UnicodeDecodeError", "KeyboardInterrupt", ""])
def test_only_a_built_in_exception_that_takes_a_message_can_be_raised(error: str) -> None:
    with pytest.raises(UsageError, match="built-in exception that takes a message"):
        run("asyncio", AtPoint(REPLY, PointFail(error=error)))


class Plain:
    def call(self, fn: Callable[[], object]) -> object:
        return fn()


def test_a_component_without_points_says_how_to_have_some() -> None:
    opened = ComponentSession(component(lambda _clock: Plain(), sync=True), 0)
    with pytest.raises(UsageError, match="a factory that has some takes them as its parameter `points`"):
        opened.apply(AtPoint(REPLY, PointFail()))
    opened.close()


@each_way
def test_a_run_with_points_leaves_no_circle_of_references(way: str) -> None:
    import gc

    steps = (
        start(1),
        AtPoint(REQUEST, PointFail()),
        note(2),
        AtPoint(REPLY, PointCrash()),
        note(3),
        start(4),
    )
    run(way, *steps)
    gc.collect()
    gc.disable()
    try:
        run(way, *steps, heal=False)
        assert gc.collect() == 0
    finally:
        gc.enable()
