"""Circuit breakers that came out wrong once: a correct one is told which knob says what it does, and keeps all under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shaketable.certificate import SubjectResult
from shaketable.components.world import ComponentWorld
from shaketable.errors import UsageError
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.runner import execute
from shaketable.subject import Subject
from shaketable.verdict import Verdict
from shaketable_patterns.circuit_breaker.subjects import mutants
from tests.campaigns import every
from tests.mutants.killing import stored
from tests.quality.cases import breakers_correct, breakers_other, breakers_wrong

RUNS = 60
STORED = stored()


def certified(subject: Subject, runs: int = RUNS) -> SubjectResult:
    return certify_subject(
        subject, ComponentWorld(), Budget(runs=runs, replays=1), 0, now_s=lambda: 0.0
    ).result


def broken(result: SubjectResult) -> dict[str, set[str]]:
    return {
        promise.id: {example.finding.anomaly for example in promise.counterexamples}
        for promise in result.promises
        if promise.verdict is Verdict.VIOLATED
    }


def shown(case: Callable[[], Subject]) -> set[tuple[str, str]]:
    """Return what the schedule breaks that a search has found for this case."""
    outcome = execute(ComponentWorld(), case(), STORED[case.__name__])
    return {(finding.promise, finding.anomaly) for finding in outcome.findings}


def make(name: str, declared: dict[str, Any] | None = None) -> Subject:
    found = breakers_correct.variant if name in breakers_correct.VARIANTS else breakers_other.other
    return found(name, declared)


AS_DECLARED = [
    "plain",
    "rate_count",
    "rate_time",
    "grain1",
    "grain3",
    "both_one",
    "unlimited",
    "unlimited_documented",
]
TOLD = {
    "failure_only_count": "judged_on=failures",
    "failure_only_time": "judged_on=failures",
    "backoff": "wait_factor_percent=200",
    "no_half_open": "after_wait=closed",
    "no_half_open_b": "after_wait=closed",
    "no_exclusion": "excluded=failure",
    "renew": "probe_renewal_ms=10000",
    "renew_max": "probe_renewal_ms=10000, max_half_open_ms=0",
    "renew_unlimited": "probe_renewal_ms=10000, half_open_limit=one",
    "both": "half_open_in_flight=1",
    "ratio": "half_open_failures=2",
    "tumbling": "window=tumbling",
    "tumbling_none": "window=tumbling",
    "started": "judged_on=failures, counted_at=start",
    "keeps_record": "close_clears=False, judged_on=failures",
    "call_timeout": "call_timeout_ms=5000",
    "ramp_up": "half_open_limit=gradual",
    "fallback": "refusals=answer",
    "jitter": "wait_jitter_ms=",
    "wrapped": "errors=wrapped",
    "interval": "evaluates_every_ms=500",
    "slow_counts": "slow_calls=failure, slow_call_ms=5000",
}
R10, T10 = breakers_correct.R10, breakers_correct.T10
UNLIMITED = {"half_open_limit": "unlimited", "half_open_permits": 0}
THREE = {"half_open_permits": 3, "half_open_limit": "total", "close_on": "successes"}
DECLARED: dict[str, dict[str, Any]] = {
    "failure_only_count": R10 | {"judged_on": "failures"},
    "failure_only_time": T10 | {"judged_on": "failures"},
    "backoff": {"wait_factor_percent": 200, "wait_max_ms": 320_000},
    "no_half_open": UNLIMITED | {"after_wait": "closed"},
    "no_exclusion": {"excluded": "failure"},
    "renew": {"probe_renewal_ms": 10_000},
    "both": THREE | {"close_successes": 3, "half_open_in_flight": 1},
    "ratio": THREE | {"close_successes": 2, "half_open_failures": 2},
    "tumbling": {"window": "tumbling", "window_ms": 30_000},
    "started": R10 | {"window_size": 1000, "judged_on": "failures", "counted_at": "start"},
    "keeps_record": T10 | {"judged_on": "failures", "close_clears": False},
    "call_timeout": {"call_timeout_ms": 5_000},
    "ramp_up": UNLIMITED | {"half_open_limit": "gradual", "close_on": "successes", "close_successes": 2},
    "fallback": {"refusals": "answer"},
    "jitter": {"wait_jitter_ms": 2_000},
    "wrapped": {"errors": "wrapped"},
    "slow_counts": {"slow_calls": "failure", "slow_call_ms": 5_000},
}


def test_every_case_of_a_correct_breaker_has_its_outcome() -> None:
    cases = {*breakers_correct.VARIANTS, *breakers_other.OTHERS}
    assert cases == {*AS_DECLARED, *TOLD, "slow_counts_declared"}


@pytest.mark.parametrize("name", every(3, AS_DECLARED))
def test_a_correct_breaker_that_is_what_it_declares_breaks_nothing(name: str) -> None:
    result = certified(make(name))
    assert (result.calibration, broken(result)) == ((), {})


@pytest.mark.parametrize("name", every(3, TOLD))
def test_a_correct_breaker_is_told_in_one_line_which_knob_says_what_it_does(name: str) -> None:
    result = certified(make(name))
    (line,) = result.calibration
    assert f"it behaves as one with {TOLD[name]}" in line
    assert broken(result) == {}


@pytest.mark.parametrize("name", every(3, DECLARED))
def test_a_correct_breaker_keeps_every_promise_once_the_knob_is_declared(name: str) -> None:
    result = certified(make(name, DECLARED[name]))
    assert (result.calibration, broken(result)) == ((), {})
    judged = [promise for promise in result.promises if promise.verdict is Verdict.CERTIFIED]
    assert len(judged) >= len(result.promises) - 2  # two may need more runs than these


def test_a_rate_of_slow_calls_beside_a_count_is_a_usage_error_that_names_the_right_knob() -> None:
    with pytest.raises(UsageError, match="declare slow_calls=failure instead"):
        make("slow_counts_declared")


def test_two_permits_a_call_keep_it_half_open_and_nothing_else_is_told() -> None:
    assert set(broken(certified(breakers_wrong.asks_twice()))) == {"CB-8"}


def test_excluded_exceptions_that_count_while_half_open_are_told_as_that() -> None:
    result = certified(breakers_wrong.counts_everything_half_open())
    assert broken(result) == {"CB-7": {"excluded-counted-as-failure"}}
    (story,) = [e for p in result.promises for e in p.counterexamples]
    assert len(story.schedule.steps) <= 29


def test_an_answer_that_is_changed_whatever_listeners_do_is_told_once() -> None:
    mutant = next(m for m in mutants() if m.name == "breaker/mutant-reports-failure-as-refusal")
    assert broken(certified(mutant)) == {"CB-0": {"error-changed"}}


def test_two_threads_between_check_and_act_are_found() -> None:
    found = shown(breakers_wrong.check_then_act)
    assert ("CB-3", "half-open-overadmission") in found


def test_a_wait_measured_with_the_wall_clock_is_found_by_a_clock_that_is_set() -> None:
    found = shown(breakers_wrong.wall_clock)
    assert ("CB-8", "wait-follows-wall-clock") in found


def test_a_state_that_is_a_round_trip_away_blocks_nothing() -> None:
    result = certified(breakers_wrong.atomic_store(), 400)
    assert {p.id: p.verdict.name for p in result.promises if p.verdict is not Verdict.CERTIFIED} == {}
