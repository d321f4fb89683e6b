"""The shipped limiters: calibrated, right where they should be; and right ones unlike ours, which are accused of nothing."""

from __future__ import annotations

from typing import Any

import pytest
from right_limiters import right_limiters

from shaketable import rate_limiter
from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.fault import ClockStep
from shaketable.faults.points import PointCrash, PointFail
from shaketable.profile import Profile
from shaketable.runner import execute
from shaketable.schedule import AtPoint, Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.rate_limiter.calibration import script_steps
from shaketable_patterns.rate_limiter.profile import DOCUMENT
from shaketable_patterns.rate_limiter.subjects import hardened, libraries, mutants
from shaketable_targets.rate_limiters.adapters import TokenBucketsAdapter
from shaketable_targets.rate_limiters.settings import Settings
from shaketable_targets.rate_limiters.token_buckets import TokenBuckets

WORLD = ComponentWorld()
SHIPPED = {subject.name: subject for subject in (*hardened(), *libraries())}
RIGHT = {subject.name: subject for subject in right_limiters()}
RUNS = 25


def run(subject: Subject, *steps: Step) -> list[str]:
    outcome = execute(WORLD, subject, Schedule(subject.name, steps))
    return [f"{f.promise} {f.anomaly}" for f in outcome.findings]


def mismatches(subject: Subject) -> list[str]:
    return list(
        subject.pattern.calibrate(subject, lambda schedule: execute(WORLD, subject, schedule).history)
    )


@pytest.mark.parametrize("subject", [*SHIPPED.values(), *RIGHT.values()], ids=[*SHIPPED, *RIGHT])
def test_it_agrees_with_its_profile_and_is_accused_of_nothing_without_faults(subject: Subject) -> None:
    assert mismatches(subject) == []
    assert run(subject, *subject.pattern.workload(subject).steps) == []


@pytest.mark.parametrize("subject", RIGHT.values(), ids=RIGHT.keys())
def test_a_right_limiter_unlike_ours_is_accused_of_nothing(subject: Subject) -> None:
    examined = certify_subject(subject, WORLD, Budget(runs=RUNS), 0, now_s=lambda: 0.0)
    assert [(p.id, c.finding.message) for p in examined.result.promises for c in p.counterexamples] == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"burst": 21}, "it behaves as one with burst=20"),
        ({"burst": 19}, "it behaves as one with burst=20"),
        ({"rate": 5}, "it behaves as one with rate=10"),
        ({"keys": "one"}, "it behaves as one with keys='each'"),
        ({"workers": "own"}, "it behaves as one with workers='share'"),
        ({"starts": "empty"}, "it behaves as one with starts='full'"),
    ],
)
def test_calibration_names_the_setting_that_was_declared_wrong(knobs: dict[str, Any], said: str) -> None:
    subject = rate_limiter(
        "rate-limiter/mine",
        lambda clock: TokenBucketsAdapter(clock, TokenBuckets, Settings()),
        profile=Profile("declared", {**DOCUMENT.knobs, **knobs}),
        sync=True,
        time="injected",
    )
    (problem,) = mismatches(subject)
    assert said in problem


@pytest.mark.parametrize("subject", hardened(), ids=[s.name for s in hardened()])
def test_the_references_bear_a_clock_that_is_set_a_lost_store_and_a_crash(subject: Subject) -> None:
    steps = [*script_steps((("x", "a", 21), ("y", "b", 3))), Inject(ClockStep(service="a", delta_ms=60_000))]
    if "store" in subject.name:
        steps += [AtPoint("redis.reply", PointFail(), 30), AtPoint("redis.request", PointCrash(), 31)]
    more = [Do("start", {"call": number, "key": "x", "worker": "a"}) for number in range(25, 33)]
    assert run(subject, *steps, *more[:4], Wait(450), *more[4:]) == []


def test_every_mutant_names_a_promise_and_a_mistake() -> None:
    found = list(mutants())
    assert len({mutant.name for mutant in found}) == len(found) == 17
    assert {promise for mutant in found for promise in mutant.kills} == {f"RL-{n}" for n in range(1, 7)}
    assert all(mutant.summary.endswith(".") and mutant.mutant_of in SHIPPED for mutant in found)
