"""Asyncio components, components without an adapter, clocks, and the session around them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

import pytest
from time_probe import time_reaches

from shaketable.components.clock import Clock
from shaketable.components.component import component
from shaketable.components.scheduling.thread_worker import CORE_AFFINITY
from shaketable.components.world import ComponentSession
from shaketable.errors import InvalidCompletion, UsageError
from shaketable.fault import ClockStep, Crash
from shaketable.history import History, Json
from shaketable.schedule import Do, Heal, Inject, Step, Wait


def start(call: int) -> Do:
    return Do("start", {"call": call})


def finish(call: int, how: str = "ok") -> Do:
    return Do("finish", {"call": call, "with": how})


def run(session: ComponentSession, *steps: Step) -> History:
    try:
        for step in steps:
            session.apply(step)
    finally:
        session.close()
    return session.history


def completion(history: History, call: int) -> tuple[str, Json]:
    event = next(e for e in history if e.process == f"call-{call}" and e.ref >= 0)
    return event.kind, event.value


class PassThrough:
    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        return await fn()


class OneAtATime:
    def __init__(self) -> None:
        self.lock = asyncio.Lock()

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        async with self.lock:
            return await fn()


class Slow:
    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        await asyncio.sleep(1)
        async with asyncio.timeout(3):
            return await fn()


def asyncio_session(make: Callable[[], object]) -> ComponentSession:
    return ComponentSession(component(lambda _clock: make(), sync=False), 0)  # type: ignore[arg-type, return-value]


def test_a_task_waiting_for_an_asyncio_lock_is_blocked_and_goes_on() -> None:
    history = run(asyncio_session(OneAtATime), start(1), start(2), finish(1), finish(2))
    names = [e.name for e in history if e.kind == "effect"]
    assert names == ["admitted", "blocked", "returned", "admitted", "returned"]
    assert completion(history, 2) == ("ok", {"result": "result-2"})


def test_a_blocked_task_can_be_cancelled() -> None:
    history = run(asyncio_session(OneAtATime), start(1), start(2), Do("cancel", {"call": 2}), finish(1))
    assert completion(history, 2) == ("info", {"cancelled": True})
    assert completion(history, 1) == ("ok", {"result": "result-1"})


def test_timers_of_a_component_fire_in_virtual_time() -> None:
    history = run(asyncio_session(Slow), start(1), Wait(5_000))
    assert [(e.time_ms, e.name) for e in history if e.kind == "effect"] == [
        (0, "blocked"),
        (1_000, "admitted"),
        (4_000, "returned"),
    ]
    kind, value = completion(history, 1)
    assert (kind, value["error"]) == ("fail", "TimeoutError")


class BlocksTheLoop:
    def __init__(self) -> None:
        self.lock = threading.Lock()

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        with self.lock:
            return await fn()


def test_a_threading_lock_across_an_await_blocks_the_second_call_for_ever() -> None:
    history = run(asyncio_session(BlocksTheLoop), start(1), start(2), finish(1))
    assert completion(history, 2) == ("info", {"blocked": True})
    assert completion(history, 1) == ("ok", {"result": "result-1"})


class NotAsync:
    def call(self, fn: Callable[[], object]) -> object:
        return "done"


def test_a_sync_component_declared_asyncio_is_the_adapters_fault() -> None:
    with pytest.raises(InvalidCompletion, match="declare the component as sync"):
        run(asyncio_session(NotAsync), start(1))


class OwnBreaker:
    """A user's class as it is: no adapter, no `rejections`, time from the standard library."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.opened_s: float | None = None

    def call(self, fn: Callable[[], object]) -> object:
        if self.opened_s is not None and self.clock() - self.opened_s < 10:
            raise RuntimeError("open")
        try:
            return fn()
        except ConnectionError:
            self.opened_s = self.clock()
            raise


@pytest.mark.parametrize(
    ("make", "way", "reached"),
    [
        (lambda clock: OwnBreaker(clock.monotonic_s), "injected", True),
        (lambda clock: OwnBreaker(clock.time_s), "injected", True),
        (lambda _clock: OwnBreaker(time.time), "time-machine", True),
        (lambda _clock: OwnBreaker(lambda: datetime.now().timestamp()), "time-machine", True),
        (lambda _clock: OwnBreaker(lambda: time.monotonic()), "substituted", True),
        (lambda _clock: OwnBreaker(lambda: time.perf_counter()), "substituted", True),
        (lambda _clock: OwnBreaker(time.time), "injected", False),
        (lambda _clock: OwnBreaker(lambda: time.monotonic()), "time-machine", False),
        (lambda clock: OwnBreaker(time.monotonic), "none", False),
    ],
)
def test_the_declared_way_is_how_time_arrives(
    make: Callable[[Clock], OwnBreaker], way: str, reached: bool
) -> None:
    assert time_reaches(component(make, sync=True, time=way)).reached is reached  # type: ignore[arg-type]


def test_without_declared_rejections_an_error_before_the_function_is_a_refusal() -> None:
    session = ComponentSession(component(lambda clock: OwnBreaker(clock.monotonic_s), sync=True), 0)
    history = run(session, start(1), finish(1, "fail"), start(2))
    assert completion(history, 1) == ("fail", {"rejected": False, "error": "ConnectionError"})
    assert completion(history, 2) == ("fail", {"rejected": True, "error": "RuntimeError"})


def test_a_clock_step_moves_the_wall_clock_only_and_leaves_a_receipt() -> None:
    seen: list[tuple[float, float]] = []

    def observe(clock: Clock) -> PassThrough:
        class Observing(PassThrough):
            def state(self) -> str:
                seen.append((time.time() - clock.time_s(), time.time() - clock.monotonic_s()))
                return "closed"

        return Observing()

    session = ComponentSession(component(observe, sync=False), 0)
    history = run(
        session, Wait(125), Inject(ClockStep(service="breaker", delta_ms=-5_000)), Wait(125), Heal()
    )
    assert [wall for wall, _ in seen] == [0.0, 0.0, 0.0]
    assert seen[1][1] == seen[0][1] - 5.0
    assert [e.kind for e in history if e.kind != "state"] == ["fault", "receipt"]
    assert session.now_ms == 250


def test_the_recovery_is_applied_when_everything_in_flight_has_ended() -> None:
    target = component(lambda _clock: PassThrough(), sync=False, recovery=(Wait(500), start(8), start(9)))
    session = ComponentSession(target, 0)
    session.apply(start(1))
    session.heal()
    assert completion(session.history, 1)[0] == "ok"
    assert session.settle()
    session.close()
    assert [(e.time_ms, e.process) for e in session.history if e.kind == "ok"][1:] == [
        (500, "call-8"),
        (500, "call-9"),
    ]


@pytest.mark.parametrize(
    "step",
    [
        Do("order", {}),
        Do("start", None),
        Do("start", {"call": "1"}),
        Do("finish", {"call": 1, "with": "maybe"}),
        Do("listener", {"mode": "loud"}),
        Inject(Crash(service="breaker")),
    ],
)
def test_a_step_that_is_none_of_a_components_is_a_usage_error(step: Step) -> None:
    with pytest.raises(UsageError):
        run(asyncio_session(PassThrough), step)


def test_an_unknown_way_of_time_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="injected, time-machine, substituted, none"):
        component(lambda _clock: PassThrough(), sync=False, time="magic")  # type: ignore[arg-type]


def test_rejections_that_are_no_exception_types_are_the_adapters_fault() -> None:
    class Wrong(PassThrough):
        rejections = ("open",)

    with pytest.raises(InvalidCompletion, match="tuple of exception types"):
        asyncio_session(Wrong)


def test_a_core_is_held_until_the_last_run_released_it() -> None:
    os = pytest.importorskip("os")
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("no processor affinity here")
    before = os.sched_getaffinity(0)
    CORE_AFFINITY.hold()
    CORE_AFFINITY.hold()
    CORE_AFFINITY.release()
    assert os.sched_getaffinity(0) <= before
    CORE_AFFINITY.release()
    CORE_AFFINITY.release()
    assert os.sched_getaffinity(0) == before


class SyncOne:
    def call(self, fn: Callable[[], object]) -> object:
        return fn()


class WithoutClock:
    def __init__(self) -> None: ...

    def call(self, fn: Callable[[], object]) -> object:
        return fn()


def test_a_sync_component_that_is_declared_as_asyncio_is_told_so() -> None:
    session = ComponentSession(component(lambda _: SyncOne(), sync=False), seed=0)
    with pytest.raises(
        InvalidCompletion, match=r"SyncOne.call handed back its function's coroutine .* sync=True"
    ):
        run(session, start(1), finish(1))


@pytest.mark.parametrize("make", [WithoutClock, lambda: SyncOne(), lambda clock, other: SyncOne()])
def test_a_factory_that_takes_no_clock_is_refused_before_any_run(make: Callable[..., SyncOne]) -> None:
    with pytest.raises(UsageError, match="cannot be called with the clock alone, as make\\(clock\\)"):
        component(make, sync=True)
