"""Breakers after libraries of other ecosystems keep every promise as what they are; real mistakes in breakers are found."""

from __future__ import annotations

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.check import PromiseBroken, check
from shaketable.explore.generate.hypothesis_settings import search_settings
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.runner import execute
from shaketable.schedule import Do, Schedule, Wait
from shaketable.verdict import Verdict
from shaketable_patterns.circuit_breaker.subjects import subjects
from tests.campaigns import every
from tests.quality.cases.breakers_bugs import BUGS, bug
from tests.quality.cases.breakers_libraries import CASES, DECLARED, library

RUNS = 60
HUNT_RUNS = 500
TOLD = {
    "sentinel_ratio": "window_aligned=True",
    "sentinel_slow_ratio": "slow_calls=only, slow_call_ms=5000",
    "failsafe_null_result": "none_results=failure",
    "finagle_success_rate": "trip_rule=average",
    "envoy_ejections": "wait_decay_ms=",
    "ganesha": "trip_rule=balance",
    "new_error_on_trip": "errors=wrapped_on_trip",
}


@pytest.mark.parametrize("name", every(3, CASES))
def test_a_correct_breaker_keeps_every_promise_under_the_right_knobs(name: str) -> None:
    subject = library(name, DECLARED.get(name))
    result = certify_subject(
        subject, ComponentWorld(), Budget(runs=RUNS, replays=1), 0, now_s=lambda: 0.0
    ).result
    assert (result.calibration, [p.id for p in result.promises if p.verdict is Verdict.VIOLATED]) == ((), [])


@pytest.mark.parametrize("name", every(3, DECLARED))
def test_one_line_says_which_knob_is_not_declared(name: str) -> None:
    result = certify_subject(
        library(name), ComponentWorld(), Budget(runs=RUNS, replays=1), 0, now_s=lambda: 0.0
    ).result
    (line,) = result.calibration
    assert f"it behaves as one with {'' if name != 'envoy_ejections' else 'wait_step_ms=10000, '}" in line
    assert TOLD[name] in line
    assert not [p.id for p in result.promises if p.verdict is Verdict.VIOLATED]


@pytest.mark.parametrize("name", every(3, BUGS))
def test_a_mistake_is_told_by_a_promise_of_its_own(name: str) -> None:
    with pytest.raises(PromiseBroken) as caught:
        check(bug(name), ComponentWorld(), settings=search_settings(HUNT_RUNS))
    assert caught.value.finding.promise in BUGS[name][2]


@pytest.mark.parametrize("name", every(3, BUGS))
def test_no_mistake_is_told_as_a_setting(name: str) -> None:
    subject, world = bug(name), ComponentWorld()
    assert subject.pattern.calibrate(subject, lambda s: execute(world, subject, s).history) == []


def test_what_a_listener_raises_in_a_call_that_stood_is_the_listeners() -> None:
    """A call that was stopped before it was let in goes on, and a listener raises: the breaker has invented no error."""
    calls = (("fail", 1), ("fail", 2), ("fail", 3))
    opened = [
        step
        for ending, n in calls
        for step in (Do("start", {"call": n}), Do("finish", {"call": n, "with": ending}))
    ]
    raising = Do("listener", {"mode": "raising"})
    begun = Do("start", {"call": 4}), Do("start", {"call": 5})
    late = Deviation("call-4>breaker BEGIN #1", "request", Arrival("call-5>breaker BEGIN #1", "request"))
    subject = next(s for s in subjects() if s.name == "breaker/pybreaker")
    schedule = Schedule(subject.name, (*opened, Wait(10_000), raising, *begun)).with_deviations((late,))
    outcome = execute(ComponentWorld(), subject, schedule)
    assert [d.at for d in outcome.deviations] == [late.at]
    assert {(f.promise, f.anomaly) for f in outcome.findings} >= {("CB-9", "listener-changed-result")}
    assert not [f for f in outcome.findings if f.promise == "CB-0"]
