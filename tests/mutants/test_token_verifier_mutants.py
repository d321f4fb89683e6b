"""Every mutant of the reference verifier dies of the promise it names; the references survive the same runs."""

from __future__ import annotations

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.subject import Subject
from shaketable_patterns.token_verifier.subjects import hardened, mutants
from tests.mutants.killing import killers, stored

RUNS = 40
SEED = 0
HARDENED, MUTANTS = hardened(), list(mutants())
STORED = stored()


@pytest.mark.parametrize("mutant", MUTANTS, ids=[m.name for m in MUTANTS])
def test_the_mutant_dies_of_the_promise_it_names_by_the_schedule_that_was_found(mutant: Subject) -> None:
    assert killers(mutant, STORED[mutant.name]) & set(mutant.kills), mutant.summary


@pytest.mark.parametrize("mutant", MUTANTS[1::9], ids=[m.name for m in MUTANTS[1::9]])
def test_a_search_finds_the_mutant(mutant: Subject) -> None:
    result = hunt(mutant, ComponentWorld(), runs_max=RUNS, seed=SEED)
    assert result.runs_to_kill, f"{mutant.summary} {mutant.kills} did not notice; found {result.killed_by}"


def test_each_promise_kills_a_mutant_that_dies_of_nothing_else() -> None:
    deaths = {m.name: killers(m, STORED[m.name]) for m in MUTANTS}
    alone = {next(iter(promises)) for promises in deaths.values() if len(promises) == 1}
    assert alone == {promise for m in MUTANTS for promise in m.kills}


@pytest.mark.parametrize("subject", HARDENED, ids=[s.name for s in HARDENED])
def test_the_hardened_one_survives_the_same_runs_with_every_promise_exercised(subject: Subject) -> None:
    examined = certify_subject(subject, ComponentWorld(), Budget(runs=RUNS), SEED, now_s=lambda: 0.0)
    assert [(p.id, p.verdict.name) for p in examined.result.promises] == [
        (p.id, "CERTIFIED") for p in subject.pattern.promises
    ]
