"""Sync calls in flight: parked threads and greenlets, parking locks, sleeps, and what is left of them after a run."""

from __future__ import annotations

import _thread
import queue
import threading
import time
from collections.abc import Callable
from threading import RLock as FromImported
from types import ModuleType

import pytest

from shaketable.components.component import component
from shaketable.components.interface.adapter import Carrier
from shaketable.components.scheduling import scheduler, virtual_time_patches
from shaketable.components.scheduling.virtual_time_patches import places_of, starts_of_threads
from shaketable.components.world import ComponentSession
from shaketable.errors import ForbiddenCall, HarnessError, InvalidCompletion
from shaketable.history import History
from shaketable.schedule import Do, Step, Wait
from tests.machine_pace import allowed_s


def start(call: int) -> Do:
    return Do("start", {"call": call})


def finish(call: int, how: str = "ok") -> Do:
    return Do("finish", {"call": call, "with": how})


def run(
    make: Callable[..., object], *steps: Step, heal: bool = False, carrier: Carrier = "threads"
) -> History:
    """One run by `carrier`; the same history by greenlets is asserted where nothing tells them apart."""
    session = ComponentSession(component(lambda _clock: make(), sync=True, carrier=carrier), 0)  # type: ignore[arg-type, return-value]
    try:
        for step in steps:
            session.apply(step)
        if heal:
            session.heal()
            session.settle()
    finally:
        session.close()
    if carrier == "threads":
        assert run(make, *steps, heal=heal, carrier="greenlets").events == session.history.events
    return session.history


def told(history: History) -> list[str]:
    """Return the history as short words: `1 admitted`, `1 ok`, ..."""
    words = []
    for event in history:
        if event.process.startswith("call-"):
            what = "start" if event.kind == "invoke" else event.kind
            words.append(f"{event.process[5:]} {what}")
        elif event.name in ("admitted", "returned", "blocked"):
            words.append(f"{event.value['call']} {event.name}")
    return words


class PassThrough:
    def call(self, fn: Callable[[], object]) -> object:
        return fn()


class Locked:
    """Holds its lock while the function runs."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def call(self, fn: Callable[[], object]) -> object:
        with self.lock:
            return fn()

    def state(self) -> str:
        with self.lock:
            return "closed"


class LockedByName(Locked):
    def __init__(self) -> None:
        self.lock = FromImported()


def test_two_calls_in_flight_finish_in_either_order() -> None:
    forward = told(run(PassThrough, start(1), start(2), finish(1), finish(2)))
    backward = told(run(PassThrough, start(1), start(2), finish(2), finish(1)))
    begun = ["1 start", "1 admitted", "2 start", "2 admitted"]
    assert forward == [*begun, "1 returned", "1 ok", "2 returned", "2 ok"]
    assert backward == [*begun, "2 returned", "2 ok", "1 returned", "1 ok"]


@pytest.mark.parametrize("make", [Locked, LockedByName])
def test_a_lock_held_by_one_call_blocks_the_next_and_passes_on_in_order(make: type[Locked]) -> None:
    history = run(make, start(1), start(2), start(3), finish(1), finish(2), finish(3))
    assert told(history) == [
        *("1 start", "1 admitted"),
        *("2 start", "2 blocked"),
        *("3 start", "3 blocked"),
        *("1 returned", "1 ok", "2 admitted"),
        *("2 returned", "2 ok", "3 admitted"),
        *("3 returned", "3 ok"),
    ]


def test_a_state_guarded_by_a_lock_in_use_is_not_observed() -> None:
    history = run(Locked, start(1), finish(1))
    seen = [(e.index, e.value) for e in history if e.kind == "state"]
    assert seen == [(4, "closed")]


def test_a_cancelled_call_ends_once_and_the_function_is_left_once() -> None:
    history = run(PassThrough, start(1), Do("cancel", {"call": 1}), finish(1), Do("cancel", {"call": 1}))
    assert told(history) == ["1 start", "1 admitted", "1 returned", "1 info"]
    assert history[2].value == {"call": 1, "with": "cancelled"}
    assert history[3].value == {"cancelled": True}


def test_a_call_that_waits_for_a_lock_cannot_be_cancelled() -> None:
    history = run(Locked, start(1), start(2), Do("cancel", {"call": 2}), finish(1), finish(2))
    assert told(history)[-2:] == ["2 returned", "2 ok"]


def test_steps_that_do_not_apply_do_nothing() -> None:
    assert told(run(PassThrough, finish(1), start(1), start(1), finish(1), finish(1))) == [
        *("1 start", "1 admitted", "1 returned", "1 ok")
    ]


class Sleeper:
    def call(self, fn: Callable[[], object]) -> object:
        time.sleep(2.5)
        return fn()


def test_a_sleep_inside_a_call_lasts_virtual_time() -> None:
    history = run(Sleeper, start(1), Wait(2_499), Wait(1), finish(1))
    assert told(history) == ["1 start", "1 blocked", "1 admitted", "1 returned", "1 ok"]
    assert [e.time_ms for e in history] == [0, 0, 2_500, 2_500, 2_500]


def test_healing_lets_time_pass_for_calls_that_sleep() -> None:
    history = run(Sleeper, start(1), heal=True)
    assert told(history)[-1] == "1 ok"


class Impatient(Locked):
    def call(self, fn: Callable[[], object]) -> object:
        if not self.lock.acquire(timeout=1.0):
            return "gave up"
        try:
            return fn()
        finally:
            self.lock.release()


def test_a_lock_timeout_is_virtual() -> None:
    history = run(Impatient, start(1), start(2), Wait(1_000), finish(1), start(3))
    assert told(history) == [
        *("1 start", "1 admitted", "2 start", "2 blocked", "2 ok"),
        *("1 returned", "1 ok", "3 start", "3 admitted"),
    ]


class TwoAtATime:
    """The standard library's Semaphore and Condition are built on our locks."""

    def __init__(self) -> None:
        self.permits = threading.BoundedSemaphore(2)
        self.changed = threading.Condition()
        self.ended = 0

    def call(self, fn: Callable[[], object]) -> object:
        with self.permits:
            result = fn()
        with self.changed:
            self.ended += 1
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.ended >= 2, timeout=60)
        return result


def test_semaphores_and_conditions_park_too() -> None:
    history = run(TwoAtATime, start(1), start(2), start(3), finish(1), finish(2))
    assert told(history) == [
        *("1 start", "1 admitted", "2 start", "2 admitted", "3 start", "3 blocked"),
        *("1 returned", "3 admitted", "1 blocked"),
        *("2 returned", "2 ok", "1 ok"),
    ]


class DeadEnd:
    def __init__(self) -> None:
        self.never = threading.Event()

    def call(self, fn: Callable[[], object]) -> object:
        self.never.wait()
        return fn()


def test_a_call_that_can_never_end_is_completed_as_blocked() -> None:
    session = ComponentSession(component(lambda _clock: DeadEnd(), sync=True), 0)
    session.apply(start(1))
    session.heal()
    assert not session.settle()
    session.close()
    assert session.history[-1].value == {"blocked": True}


def test_handing_over_a_lock_keeps_the_order_of_arrival_over_time() -> None:
    history = run(Locked, start(1), start(2), Wait(125), start(3), finish(1), Wait(125), finish(2))
    assert [e.value["call"] for e in history if e.name == "admitted"] == [1, 2, 3]


class Nested:
    """Waits again, and tries again, while it is being unwound."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.ended = 0

    def call(self, fn: Callable[[], object]) -> object:
        try:
            with self.lock:
                return fn()
        finally:
            with self.lock:
                self.ended += 1
            time.sleep(1)


def test_no_thread_outlives_its_run() -> None:
    before = threading.active_count()
    for _ in range(200):
        run(Nested, start(1), start(2), start(3))
        run(PassThrough, start(1), start(2), finish(2))
    assert threading.active_count() == before


def test_after_a_run_time_and_threading_are_as_before() -> None:
    names = (time.sleep, time.monotonic, threading.Lock, threading.RLock, threading.Thread.start)
    run(Locked, start(1), start(2))
    assert names == (time.sleep, time.monotonic, threading.Lock, threading.RLock, threading.Thread.start)
    assert FromImported is threading.RLock


def test_steps_applied_together_are_as_one_by_one() -> None:
    steps = (start(1), start(2), Wait(125), finish(1, "fail"), start(3), Do("cancel", {"call": 3}), finish(2))
    for carrier in ("threads", "greenlets"):
        together = ComponentSession(component(lambda _clock: Locked(), sync=True, carrier=carrier), 0)  # type: ignore[arg-type]
        together.apply_all(steps)
        together.close()
        assert together.history.events == run(Locked, *steps).events


class OwnThread:
    def call(self, fn: Callable[[], object]) -> object:
        threading.Thread(target=lambda: None).start()
        return fn()


def test_a_component_that_starts_threads_is_told_so() -> None:
    with pytest.raises(ForbiddenCall, match="starts a thread of its own"):
        run(OwnThread, start(1))


class QuietOwnThread(OwnThread):
    def call(self, fn: Callable[[], object]) -> object:
        try:
            return super().call(fn)
        except Exception:
            return fn()


def test_a_component_cannot_swallow_that() -> None:
    with pytest.raises(ForbiddenCall, match="starts a thread of its own"):
        run(QuietOwnThread, start(1))


def a_threading_module(**private: object) -> ModuleType:
    """A `threading` of another Python: its public names, and these private ones."""
    other = ModuleType("threading")
    other.__dict__.update(Thread=threading.Thread, Lock=threading.Lock, **private)
    return other


def test_what_starts_a_thread_is_found_under_any_private_name() -> None:
    other = a_threading_module(_begin=_thread.start_new_thread, _other=time.sleep)
    assert starts_of_threads(other) == [(vars(other), "_begin", _thread.start_new_thread)]


def test_on_a_python_that_starts_threads_in_another_way_they_are_refused_by_their_class(monkeypatch) -> None:
    start_thread = threading.Thread.start
    monkeypatch.setattr(virtual_time_patches, "_STARTS", starts_of_threads(a_threading_module()))
    monkeypatch.setattr(virtual_time_patches, "_LOCK_CLOCKS", [])
    for make in (OwnThread, QuietOwnThread):
        with pytest.raises(ForbiddenCall, match="starts a thread of its own"):
            run(make, start(1))
    assert threading.Thread.start is start_thread
    assert told(run(Locked, start(1), finish(1))) == told(run(Locked, start(1), finish(1)))


def test_on_this_python_what_starts_a_thread_and_the_clock_of_locks_are_found_in_their_modules() -> None:
    assert [space is vars(threading) for space, _, _ in starts_of_threads()] == [True]
    assert len(places_of((threading, queue), (time.monotonic,))) == 2


class RetriesForEver:
    def call(self, fn: Callable[[], object]) -> object:
        while True:
            try:
                return fn()
            except BaseException:
                continue


@pytest.mark.parametrize("carrier", ["threads", "greenlets"])
def test_a_call_that_cannot_be_unwound_is_named(carrier: Carrier) -> None:
    with pytest.raises(HarnessError, match="call-1 cannot be ended"):
        run(RetriesForEver, start(1), carrier=carrier)


IN_C = threading.Lock()  # a real lock, made before the run


HELD = threading.Lock()
HELD.acquire()


class BlocksInC:
    def call(self, fn: Callable[[], object]) -> object:
        with IN_C:
            return fn()


def test_a_call_that_blocks_out_of_sight_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "DEADLINE_S", 0.05)
    with pytest.raises(HarnessError, match=r"call-2 did not come back .*test_parked_calls.py"):
        run(BlocksInC, start(1), start(2))


class SleepsForEver:
    def call(self, _fn: Callable[[], object]) -> object:
        return HELD.acquire()


class Counts:
    def call(self, fn: Callable[[], object]) -> object:
        return fn()


def test_calls_that_are_traced_go_on_after_one_that_sleeps_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "DEADLINE_S", 0.05)
    with pytest.raises(HarnessError, match="slept 0"):
        run(SleepsForEver, start(1))
    monkeypatch.undo()
    begun_s = time.monotonic()
    session = ComponentSession(component(lambda _clock: Counts(), sync=True), 0)
    try:
        session.apply_all([Do("start", {"call": 1, "stop_at": 1}), Do("go_on", {"call": 1}), finish(1)])
    finally:
        session.close()
    assert "1 ok" in told(session.history)
    assert time.monotonic() - begun_s < allowed_s(5)


class LoopsInC:
    def call(self, fn: Callable[[], object]) -> object:
        while True:
            sum(range(1000))


def test_a_call_that_computes_for_ever_is_told_from_one_that_sleeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduler, "DEADLINE_S", 0.5)
    with pytest.raises(HarnessError, match=r"slept 0\.\d s, computed 0\.[3-9] s"):
        run(LoopsInC, start(1))


class Coroutine:
    async def call(self, fn: Callable[[], object]) -> object:
        return fn()


def test_an_asyncio_component_declared_sync_is_the_adapters_fault() -> None:
    with pytest.raises(InvalidCompletion, match="declare the component as asyncio"):
        run(Coroutine, start(1))


class Swallows:
    def __init__(self) -> None:
        self.rejections = (RuntimeError,)

    def call(self, fn: Callable[[], object]) -> object:
        try:
            fn()
        except ConnectionError:
            raise RuntimeError("too late") from None
        return "something else"


def test_what_the_caller_sees_instead_is_recorded_and_is_no_refusal() -> None:
    history = run(Swallows, start(1), finish(1), start(2), finish(2, "fail"))
    assert [e.value for e in history if e.process == "call-1"][-1] == {"result": "something else"}
    assert [e.value for e in history if e.process == "call-2"][-1] == {
        "rejected": False,
        "error": "RuntimeError",
        "instead_of": "ConnectionError",
    }
