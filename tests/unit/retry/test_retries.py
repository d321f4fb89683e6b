"""The shipped retries: calibrated, right where they should be; and right ones unlike ours, which are accused of nothing."""

from __future__ import annotations

from typing import Any

import pytest
from right_retries import right_retries

from shaketable import retry
from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.profile import Profile
from shaketable.runner import execute
from shaketable.schedule import Schedule, Step
from shaketable.subject import Subject
from shaketable_patterns.retry.calibration import script_steps
from shaketable_patterns.retry.profile import OURS
from shaketable_patterns.retry.subjects import AsyncRetryAdapter, hardened, libraries, mutants
from shaketable_targets.retries.asyncio_retry import AsyncRetry
from shaketable_targets.retries.policy import Policy, Settings

WORLD = ComponentWorld()
SHIPPED = {subject.name: subject for subject in (*hardened(), *libraries())}
RIGHT = {subject.name: subject for subject in right_retries()}
RUNS = 40


def run(subject: Subject, *steps: Step) -> list[str]:
    outcome = execute(WORLD, subject, Schedule(subject.name, steps))
    return [f"{f.promise} {f.anomaly} {f.level}" for f in outcome.findings]


def mismatches(subject: Subject) -> list[str]:
    return list(
        subject.pattern.calibrate(subject, lambda schedule: execute(WORLD, subject, schedule).history)
    )


@pytest.mark.parametrize("subject", [*SHIPPED.values(), *RIGHT.values()], ids=[*SHIPPED, *RIGHT])
def test_it_agrees_with_its_profile_and_is_accused_of_nothing_without_faults(subject: Subject) -> None:
    assert mismatches(subject) == []
    assert run(subject, *subject.pattern.workload(subject).steps) == []


@pytest.mark.parametrize("subject", RIGHT.values(), ids=RIGHT.keys())
def test_a_right_retry_unlike_ours_is_accused_of_nothing(subject: Subject) -> None:
    examined = certify_subject(subject, WORLD, Budget(runs=RUNS), 0, now_s=lambda: 0.0)
    found = [c.finding for p in examined.result.promises for c in p.counterexamples]
    assert [(f.promise, f.message) for f in found if f.level != "LIMIT"] == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"attempts": 3}, "it behaves as one with attempts=4"),
        ({"attempts": 5}, "it behaves as one with attempts=4"),
        ({"wait_ms": 400}, "it behaves as one with wait_ms=200"),
        ({"jitter": "none"}, "and has to wait 200 ms at least; it behaves as one with jitter="),
        ({"retries": "exceptions"}, "it behaves as one with retries='declared'"),
        ({"retries_none": True}, "it behaves as one with retries_none=False"),
        ({"repeats": "all"}, "it behaves as one with repeats='idempotent_only'"),
    ],
)
def test_calibration_names_the_setting_that_was_declared_wrong(knobs: dict[str, Any], said: str) -> None:
    subject = retry(
        "retry/mine",
        lambda clock: AsyncRetryAdapter(AsyncRetry(Policy(clock, Settings()))),
        profile=Profile("declared", {**OURS.knobs, **knobs}),
        sync=False,
        time="injected",
    )
    (problem,) = mismatches(subject)
    assert said in problem


def test_backoff_goes_on_behind_its_budget_once_more() -> None:
    told = run(SHIPPED["retry/backoff"], *script_steps("fail", 2, 1_100, lasts_ms=5_003))
    assert told == ["RT-4 went-on-after-budget VIOLATION"]


def test_every_mutant_names_a_promise_and_a_mistake() -> None:
    found = list(mutants())
    assert len({mutant.name for mutant in found}) == len(found) == 16
    assert {promise for mutant in found for promise in mutant.kills} == {f"RT-{n}" for n in range(1, 7)}
    assert all(mutant.summary.endswith(".") and mutant.mutant_of in SHIPPED for mutant in found)
