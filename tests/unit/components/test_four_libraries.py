"""The adapters of four real libraries: time reaches them, they trip and recover, and runs repeat to the byte."""

from __future__ import annotations

import msgspec
import pytest
from time_probe import time_reaches

from shaketable.components.component import component
from shaketable.components.world import ComponentSession
from shaketable.history import History
from shaketable.schedule import Do, Step, Wait
from shaketable.subject import Component
from shaketable_targets.breakers import (
    aiobreaker_adapter,
    circuitbreaker_adapter,
    purgatory_adapter,
    pybreaker_adapter,
)

LIBRARIES = {
    "pybreaker": component(pybreaker_adapter.PybreakerAdapter, sync=True, time="time-machine"),
    "circuitbreaker": component(circuitbreaker_adapter.CircuitbreakerAdapter, sync=True, time="substituted"),
    "circuitbreaker-asyncio": component(
        circuitbreaker_adapter.AsyncCircuitbreakerAdapter, sync=False, time="substituted"
    ),
    "aiobreaker": component(aiobreaker_adapter.AiobreakerAdapter, sync=False, time="time-machine"),
    "purgatory": component(purgatory_adapter.PurgatoryAdapter, sync=False, time="time-machine"),
    "purgatory-sync": component(purgatory_adapter.SyncPurgatoryAdapter, sync=True, time="time-machine"),
}
each_library = pytest.mark.parametrize("target", LIBRARIES.values(), ids=LIBRARIES.keys())


def start(call: int) -> Do:
    return Do("start", {"call": call})


def finish(call: int, how: str = "ok") -> Do:
    return Do("finish", {"call": call, "with": how})


TRIP = tuple(step for call in (1, 2, 3) for step in (start(call), finish(call, "fail")))


def run(target: Component, *steps: Step) -> History:
    session = ComponentSession(target, 0)
    try:
        for step in steps:
            session.apply(step)
        session.heal()
        session.settle()
    finally:
        session.close()
    return session.history


def answer(history: History, call: int) -> tuple[str, object]:
    event = next(e for e in history if e.process == f"call-{call}" and e.ref >= 0)
    return event.kind, event.value


def admitted(history: History, call: int) -> int:
    return sum(e.name == "admitted" and e.value == {"call": call} for e in history)


def states(history: History) -> list[str]:
    return [e.value for e in history if e.kind == "state"]


@each_library
def test_three_failures_open_it_and_it_refuses(target: Component) -> None:
    history = run(target, *TRIP, start(4))
    assert [admitted(history, call) for call in (1, 2, 3, 4)] == [1, 1, 1, 0]
    kind, value = answer(history, 4)
    assert kind == "fail"
    assert value == {"rejected": True, "error": msgspec.convert(value, dict[str, object])["error"]}
    assert states(history)[-1] == "open"


@each_library
def test_ten_virtual_seconds_later_a_trial_call_closes_it(target: Component) -> None:
    early = run(target, *TRIP, Wait(9_999), start(4))
    assert admitted(early, 4) == 0
    late = run(target, *TRIP, Wait(10_001), start(4), finish(4), start(5))
    assert "half_open" in states(late)
    assert answer(late, 4) == ("ok", {"result": "result-4"})
    assert admitted(late, 5) == 1
    assert states(late)[-1] == "closed"


@each_library
def test_the_probe_finds_that_time_reaches_it(target: Component) -> None:
    assert time_reaches(target).reached is True


def test_the_probe_finds_that_time_machine_leaves_the_monotonic_clock_alone() -> None:
    target = component(circuitbreaker_adapter.CircuitbreakerAdapter, sync=True, time="time-machine")
    probe = time_reaches(target)
    assert probe.reached is False
    assert "virtual time does not reach it" in probe.reason


@each_library
def test_the_same_steps_give_the_same_bytes(target: Component) -> None:
    steps = (
        *(Do("listener", {"mode": "quiet"}), start(1), start(2), finish(1, "fail"), finish(2, "excluded")),
        *(
            start(3),
            start(4),
            start(5),
            finish(5, "fail"),
            finish(4, "fail"),
            finish(3, "fail"),
            Wait(10_125),
        ),
        *(start(6), start(7), start(8), Do("cancel", {"call": 6}), finish(8), finish(7, "fail"), Wait(125)),
    )
    first, second = (msgspec.json.encode(run(target, *steps).events) for _ in range(2))
    assert first == second


@each_library
def test_every_call_is_completed_exactly_once(target: Component) -> None:
    steps = [s for call in range(1, 9) for s in (start(call), Wait(125))]
    history = run(target, *steps, Do("cancel", {"call": 3}), finish(2, "fail"), finish(1, "excluded"))
    done = sorted(e.ref for e in history if e.ref >= 0)
    assert done == sorted(e.index for e in history if e.kind == "invoke")


@each_library
def test_between_steps_the_wall_clock_is_real(target: Component) -> None:
    import time

    session = ComponentSession(target, 0)
    session.apply(start(1))
    session.apply(Wait(10_000))
    assert time.time() > 1_710_000_000  # the virtual one is in 2023
    session.close()


def test_a_raising_listener_is_heard_and_recorded() -> None:
    history = run(LIBRARIES["pybreaker"], Do("listener", {"mode": "raising"}), *TRIP)
    assert any(e.name == "listener_raised" for e in history)
    assert answer(history, 3) == (
        "fail",
        {"rejected": False, "error": "ListenerFailed", "instead_of": "ConnectionError"},
    )


def test_pybreaker_serialises_calls_that_are_in_flight_together() -> None:
    history = run(LIBRARIES["pybreaker"], start(1), start(2))
    assert any(e.name == "blocked" and e.value == {"call": 2} for e in history)


def test_registering_a_listener_waits_for_the_lock_without_hanging_the_run() -> None:
    history = run(LIBRARIES["pybreaker"], start(1), Do("listener", {"mode": "quiet"}), finish(1))
    assert answer(history, 1) == ("ok", {"result": "result-1"})
