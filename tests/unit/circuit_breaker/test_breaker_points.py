"""A breaker that asks a store: faults are drawn where it does, and it is judged fairly after them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

import pytest
from breaker_history import BreakerHistory, textbook

from shaketable import breaker
from shaketable.components.clock import Clock
from shaketable.components.interface.fault_points import AsyncPoints
from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.generate.machine import boundaries_of
from shaketable.explore.generate.run_sink import CountingSink
from shaketable.explore.search import search
from shaketable.faults.points import (
    POINT_FAULT_TYPES,
    AnyPointFault,
    PointCancel,
    PointCrash,
    PointDelay,
    PointFail,
    PointLoss,
    point_fault_name,
)
from shaketable.history import Event
from shaketable.runner import Outcome, execute
from shaketable.schedule import AtPoint, Do, Schedule, Wait
from shaketable_patterns.circuit_breaker.facts import TAIL_FIRST
from shaketable_patterns.circuit_breaker.profile import DOCUMENT
from shaketable_targets.breakers.reference import CallNotPermitted, CircuitBreaker

WORLD = ComponentWorld()
RUNS = 120


class StoredBreaker:
    """Asks a store before it decides, and tells it afterwards how the call ended."""

    rejections = (CallNotPermitted,)

    def __init__(self, clock: Clock, points: AsyncPoints) -> None:
        self._breaker = CircuitBreaker(clock.now_ms)
        self._points = points
        self._ended: list[str] = points.durable("store", list)

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        await self._points.reach("store.request")
        await self._points.reach("store.reply")
        result = await self._breaker.call(fn)
        await self._points.reach("store.note")
        self._ended.append("ok")
        return result

    def state(self) -> str:
        return self._breaker.state

    def listen(self, callback: Callable[[], None]) -> None:
        self._breaker.listen(lambda _before, _after: callback())


STORED = breaker("breaker/stored", StoredBreaker, profile=DOCUMENT, sync=False, time="injected")


def _at_a_point(event: Event) -> bool:
    return event.kind == "receipt" and event.name != "clock_step"


class Struck(CountingSink):
    """Counts the faults that happened, by point and type, and keeps what was found."""

    def __init__(self) -> None:
        super().__init__(STORED)
        self.landed: Counter[tuple[str, str]] = Counter()
        self.found: list[str] = []

    def wants(self) -> bool:
        return self.runs < RUNS

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        self.runs += 1
        self.landed.update((e.process, e.name) for e in outcome.history if _at_a_point(e))
        self.found += [
            f"{f.promise} {f.anomaly}: {f.message}" for j in outcome.judgements for f in j.findings
        ]


def test_faults_are_drawn_at_every_point_and_a_breaker_without_mistakes_is_accused_of_nothing() -> None:
    struck = Struck()
    search(struck, WORLD, boundaries_of(STORED, WORLD), Budget(runs=RUNS), 1)
    assert struck.runs == RUNS
    kinds = {point_fault_name(kind()) if kind is not PointDelay else "delay" for kind in POINT_FAULT_TYPES}
    assert {point for point, _ in struck.landed} == {"store.request", "store.reply", "store.note"}
    assert {kind for _, kind in struck.landed} == kinds
    assert struck.found == []


@pytest.mark.parametrize(
    "fault",
    [PointFail(), PointLoss(timeout_ms=500), PointDelay(for_ms=2_000), PointCancel(), PointCrash()],
    ids=point_fault_name,
)
def test_a_breaker_whose_store_loses_its_reply_is_struck_there_and_not_accused(fault: AnyPointFault) -> None:
    fails = [
        Do(f, {"call": n} if f == "start" else {"call": n, "with": "fail"})
        for n in range(2, 12)
        for f in ("start", "finish")
    ]
    steps = (
        AtPoint("store.reply", fault, call=1),
        Do("start", {"call": 1}),
        *fails,
        Wait(3_000),
        Do("start", {"call": 12}),
    )
    outcome = execute(WORLD, STORED, Schedule(STORED.name, steps))
    (receipt,) = [e for e in outcome.history if e.kind == "receipt"]
    assert (receipt.process, receipt.name, receipt.value["call"]) == (
        "store.reply",
        point_fault_name(fault),
        1,
    )
    assert [f for j in outcome.judgements for f in j.findings] == []


def struck_history() -> BreakerHistory:
    told = BreakerHistory().row(1, 2).start(3)
    told.add("receipt", "store.reply", "lose", {"what": "lose: call 3 was at store.reply", "call": 3})
    return told


def test_after_a_fault_at_a_point_admissions_are_no_longer_judged_by_the_model() -> None:
    struck = struck_history().end(3, "fail").row(4, 6, "fail")
    assert struck.found(textbook()) == []
    assert BreakerHistory().row(1, 3).row(4, 6, "fail").found(textbook()) == ["CB-1 did-not-trip VIOLATION"]


def test_a_breaker_that_a_lost_reply_leaves_open_for_good_is_found_by_its_recovery() -> None:
    told = struck_history().end(3, "fail").reject(4).wait(5_000)
    told.reject(*range(RECOVERY_FIRST, RECOVERY_FIRST + 3)).reject(TAIL_FIRST, TAIL_FIRST + 1)
    assert told.found(textbook()) == ["CB-8 stuck-open VIOLATION"]


def test_a_struck_call_that_ends_only_in_the_recovery_excuses_what_comes_after() -> None:
    told = struck_history().wait(5_000).reject(RECOVERY_FIRST).end(3, "fail").reject(TAIL_FIRST)
    assert told.found(textbook()) == []


def test_an_answer_that_is_not_the_functions_is_found_after_a_fault_too() -> None:
    told = struck_history().end(3).start(4).leave(4, "ok").answer(4, "ok", {"result": "result-3"})
    assert told.found(textbook()) == ["CB-0 result-changed VIOLATION"]
