"""Every mutant of the reference breaker dies of the promise it names; the reference survives the same runs."""

from __future__ import annotations

import pytest

from harness.explore.budget import Budget
from harness.explore.certify import certify_subject
from harness.explore.mutation import hunt
from harness.subject import Subject
from harness.subjects.component import ComponentWorld
from properties.circuit_breaker.promises import PROMISES
from properties.circuit_breaker.subjects import HARDENED, hardened, mutants

RUNS = 150
SEED = 0
MUTANTS = list(mutants())


@pytest.mark.parametrize("mutant", MUTANTS, ids=[m.name for m in MUTANTS])
def test_the_mutant_dies_of_the_promise_it_names(mutant: Subject) -> None:
    result = hunt(mutant, ComponentWorld(), runs_max=RUNS, seed=SEED)
    assert result.runs_to_kill, f"{mutant.summary} {mutant.kills} did not notice; found {result.killed_by}"


def test_the_hardened_breaker_survives_the_same_runs_with_every_promise_exercised() -> None:
    examined = certify_subject(hardened(), ComponentWorld(), Budget(runs=RUNS), SEED, now_s=lambda: 0.0)
    assert [(p.id, p.verdict.name) for p in examined.result.promises] == [
        (p.id, "CERTIFIED") for p in PROMISES
    ]


def test_every_promise_has_a_mutant_and_every_mutant_a_mistake() -> None:
    assert {promise for m in MUTANTS for promise in m.kills} == {p.id for p in PROMISES}
    assert all(m.summary and m.mutant_of == HARDENED for m in MUTANTS)
