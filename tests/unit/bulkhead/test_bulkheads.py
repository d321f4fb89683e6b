"""The shipped bulkheads: calibrated, right where they should be, and the stories of those that are not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from shaketable import bulkhead
from shaketable.components.world import ComponentWorld
from shaketable.faults.points import PointCrash, PointDelay
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.runner import execute
from shaketable.schedule import AtPoint, Do, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.bulkhead.profile import WAITING
from shaketable_patterns.bulkhead.subjects import hardened, mutants
from shaketable_targets.bulkheads.asyncio_bulkhead import AsyncBulkhead
from shaketable_targets.bulkheads.settings import BulkheadFull, Settings

WORLD = ComponentWorld()
HARDENED = {subject.name: subject for subject in hardened()}
each = pytest.mark.parametrize("subject", HARDENED.values(), ids=HARDENED.keys())


def start(*calls: int) -> tuple[Step, ...]:
    return tuple(Do("start", {"call": call}) for call in calls)


def finish(*calls: int, how: str = "ok") -> tuple[Step, ...]:
    return tuple(Do("finish", {"call": call, "with": how}) for call in calls)


def run(subject: Subject, *steps: Step) -> History:
    return execute(WORLD, subject, Schedule(subject.name, steps)).history


def mismatches(subject: Subject) -> list[str]:
    return list(
        subject.pattern.calibrate(subject, lambda schedule: execute(WORLD, subject, schedule).history)
    )


@each
def test_it_agrees_with_its_profile_and_is_accused_of_nothing(subject: Subject) -> None:
    assert mismatches(subject) == []
    steps = (*start(1, 2, 3, 4, 5), *finish(2, how="fail"), Do("cancel", {"call": 1}), Wait(600), *start(6))
    outcome = execute(WORLD, subject, Schedule(subject.name, steps))
    assert [f for j in outcome.judgements for f in j.findings] == []


def test_the_references_for_asyncio_and_for_threads_do_the_same() -> None:
    steps = (*start(1, 2, 3, 4, 5), Wait(300), *finish(2), Wait(198), *start(6), Wait(4), *finish(1, 3, 4, 6))
    histories = [
        [event for event in run(HARDENED[name], *steps) if event.kind != "phase"]
        for name in ("bulkhead/hardened", "bulkhead/hardened-threads")
    ]
    assert histories[0] == histories[1]
    rejected = [(e.process, e.time_ms) for e in histories[0] if e.kind == "fail"]
    assert rejected == [("call-5", 500), ("call-1000000003", 1_002)]


class Adapter:
    """A bulkhead that shows nothing of itself."""

    rejections = (BulkheadFull,)

    def __init__(self, inner: AsyncBulkhead) -> None:
        self._inner = inner

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        return await self._inner.call(fn)


REAL = Settings(3, 500)


def declared(permits: int = 3, max_wait_ms: int = 500, *, real: Settings = REAL, **knobs: bool) -> Subject:
    profile = Profile("declared", {"permits": permits, "max_wait_ms": max_wait_ms, **knobs})
    return bulkhead("bulkhead/mine", lambda _clock: Adapter(AsyncBulkhead(real)), profile=profile, sync=False)


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (declared(permits=2), "3 calls run at once; it behaves as one with permits=3"),
        (declared(permits=4), "3 calls run at once; it behaves as one with permits=3"),
        (declared(max_wait_ms=0), "it rejects a call after 500 ms; it behaves as one with max_wait_ms=500"),
        (declared(real=Settings(3, 0)), "it rejects a call after 0 ms; it behaves as one with max_wait_ms=0"),
        (
            declared(real=Settings(3, 900_000)),
            "it lets a call wait for 60500 ms and more, and max_wait_ms=500",
        ),
        (declared(real=Settings(90, 500)), "11 or more calls run at once; it behaves as one with permits=11"),
        (declared(counts_observable=True), "it never shows its counts"),
    ],
)
def test_calibration_names_the_setting_that_was_declared_wrong(subject: Subject, said: str) -> None:
    (problem,) = mismatches(subject)
    assert said in problem


class Queue:
    """Lets three run and two wait, for as long as it takes."""

    rejections = (BulkheadFull,)

    def __init__(self, _clock: object) -> None:
        self._inner = AsyncBulkhead(Settings(3, 900_000))

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        if self._inner.queued >= 2:
            raise BulkheadFull("as many wait as may")
        return await self._inner.call(fn)


@pytest.mark.parametrize(
    ("max_wait_ms", "max_queued", "said"),
    [
        (-1, 2, ""),
        (-1, 4, "2 calls wait; it behaves as one with max_queued=2"),
        (500, 2, "it rejects a call after 0 ms"),
    ],
)
def test_calibration_knows_how_many_may_wait(max_wait_ms: int, max_queued: int, said: str) -> None:
    knobs = {"permits": 3, "max_wait_ms": max_wait_ms, "max_queued": max_queued}
    subject = bulkhead("bulkhead/queue", Queue, profile=Profile("a queue", knobs), sync=False)
    problems = mismatches(subject)
    assert [said in problem for problem in problems] == ([True] if said else [])


def test_calibration_agrees_with_what_is_declared_right() -> None:
    assert mismatches(declared()) == []
    assert mismatches(declared(1, 0, real=Settings(1, 0))) == []


class Remote(Adapter):
    """Asks a store before it lets a call in: a fault point between a permit and the function."""

    def __init__(self, _clock: object, points: object) -> None:
        super().__init__(AsyncBulkhead(Settings(3, 500)))
        self._points = points

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        async def asked() -> object:
            await self._points.reach("store.reply")  # type: ignore[attr-defined]
            return await fn()

        return await self._inner.call(asked)


def test_a_bulkhead_with_a_fault_point_is_not_accused_of_what_a_fault_does() -> None:
    subject = bulkhead("bulkhead/remote", Remote, profile=WAITING, sync=False)
    slow = AtPoint("store.reply", PointDelay(for_ms=2_000), call=1)
    crash = AtPoint("store.reply", PointCrash(), call=7)
    steps = (
        slow,
        *start(1, 2, 3, 4),
        Wait(600),
        *start(5),
        *finish(2),
        *start(6),
        crash,
        *finish(3, 5, 6),
        *start(7, 8, 9),
    )
    outcome = execute(WORLD, subject, Schedule(subject.name, steps))
    assert len([e for e in outcome.history if e.kind == "receipt"]) == 2
    assert [f for j in outcome.judgements for f in j.findings] == []


def test_every_mutant_names_a_promise_and_a_mistake() -> None:
    found = list(mutants())
    assert len({mutant.name for mutant in found}) == len(found) == 19
    assert {promise for mutant in found for promise in mutant.kills} == {
        "BH-1",
        "BH-2",
        "BH-3",
        "BH-4",
        "BH-5",
    }
    assert all(mutant.summary.endswith(".") and mutant.mutant_of in HARDENED for mutant in found)
