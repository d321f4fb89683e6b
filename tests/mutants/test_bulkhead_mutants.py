"""Every mutant of the reference bulkheads dies of the promise it names; the references survive the same runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.subject import Component, ComponentContext, ComponentRun, Subject
from shaketable_patterns.bulkhead.promises import PROMISES
from shaketable_patterns.bulkhead.subjects import hardened, mutants

RUNS = 100
SEED = 0
HARDENED, MUTANTS = hardened(), list(mutants())
SHOWN_ONLY = "bulkhead/mutant-miscounts-running"
"""A mistake in what it shows, which cannot be seen otherwise."""


@pytest.mark.parametrize("mutant", MUTANTS, ids=[m.name for m in MUTANTS])
def test_the_mutant_dies_of_the_promise_it_names(mutant: Subject) -> None:
    result = hunt(mutant, ComponentWorld(), runs_max=RUNS, seed=SEED)
    assert result.runs_to_kill, f"{mutant.summary} {mutant.kills} did not notice; found {result.killed_by}"


def silent(subject: Subject) -> Subject:
    """Return the subject without what it shows of itself: its history has no readings."""
    assert isinstance(subject.target, Component)
    open_run = subject.target.open

    class Silent:
        def __init__(self, context: ComponentContext) -> None:
            self.seed = context.seed
            self._record: Callable[..., int] = context.record

        def record(self, time_ms: int, kind: str, process: str, name: str, value: Any, ref: int) -> int:
            return -1 if kind == "state" else self._record(time_ms, kind, process, name, value, ref)

    def opened(context: ComponentContext) -> ComponentRun:
        return open_run(Silent(context))

    return replace(subject, target=Component(open=opened))


OUTSIDE = [mutant for mutant in MUTANTS if mutant.name != SHOWN_ONLY]


@pytest.mark.parametrize("mutant", OUTSIDE, ids=[m.name for m in OUTSIDE])
def test_it_dies_without_a_word_of_its_own(mutant: Subject) -> None:
    result = hunt(silent(mutant), ComponentWorld(), runs_max=RUNS, seed=SEED)
    assert result.runs_to_kill, f"{mutant.summary} {mutant.kills} did not notice; found {result.killed_by}"


@pytest.mark.parametrize("subject", HARDENED, ids=[s.name for s in HARDENED])
def test_the_hardened_one_survives_the_same_runs_with_every_promise_exercised(subject: Subject) -> None:
    examined = certify_subject(subject, ComponentWorld(), Budget(runs=RUNS), SEED, now_s=lambda: 0.0)
    assert [(p.id, p.verdict.name) for p in examined.result.promises] == [
        (p.id, "CERTIFIED") for p in PROMISES
    ]
