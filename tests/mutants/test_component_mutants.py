"""Every mutant of a reference component dies of the promise it names; the references survive the same runs. Breakers have files of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.subject import Subject
from shaketable_patterns.bulkhead import subjects as bulkheads
from shaketable_patterns.idempotency_store import subjects as stores
from shaketable_patterns.lock import subjects as locks
from shaketable_patterns.rate_limiter import subjects as limiters
from shaketable_patterns.retry import subjects as retries
from shaketable_patterns.token_verifier import subjects as verifiers
from tests.mutants.killing import killers, stored
from tests.mutants.wrong_subjects import SHOWN_ONLY, silent

SEED = 0
STORED = stored()


@dataclass(frozen=True)
class Family:
    """The references of one kind with their mutants; `runs` are what a search needs, and what shows every promise.

    `make test` searches one mutant of `every` so many, from the `first` on."""

    name: str
    hardened: Callable[[], Iterable[Subject]]
    mutants: Callable[[], Iterable[Subject]]
    runs: int = 100
    first: int = 0
    every: int = 6


FAMILIES = (
    Family("bulkheads", bulkheads.hardened, bulkheads.mutants),
    Family("locks", locks.hardened, locks.mutants),
    Family("rate limiters", limiters.hardened, limiters.mutants),
    Family("retries", retries.hardened, retries.mutants),
    Family("idempotency stores", stores.hardened, stores.mutants, 60, 1, 9),
    Family("token verifiers", verifiers.hardened, verifiers.mutants, 40, 1, 9),
)
EACH_BY_ITS_OWN = tuple(
    one for one in FAMILIES if one.name in ("locks", "idempotency stores", "token verifiers")
)
"""Families in which every promise has a mutant that dies of nothing else."""
MUTANTS = [mutant for family in FAMILIES for mutant in family.mutants()]
SEARCHED = [
    (mutant, family) for family in FAMILIES for mutant in list(family.mutants())[family.first :: family.every]
]
HARDENED = [(subject, family) for family in FAMILIES for subject in family.hardened()]
OUTSIDE = [mutant for mutant in bulkheads.mutants() if mutant.name != SHOWN_ONLY]


@pytest.mark.parametrize("mutant", MUTANTS, ids=[m.name for m in MUTANTS])
def test_the_mutant_dies_of_the_promise_it_names_by_the_schedule_that_was_found(mutant: Subject) -> None:
    assert killers(mutant, STORED[mutant.name]) & set(mutant.kills), mutant.summary


@pytest.mark.parametrize(("mutant", "family"), SEARCHED, ids=[m.name for m, _ in SEARCHED])
def test_a_search_finds_the_mutant(mutant: Subject, family: Family) -> None:
    result = hunt(mutant, ComponentWorld(), runs_max=family.runs, seed=SEED)
    assert result.runs_to_kill, f"{mutant.summary} {mutant.kills} did not notice; found {result.killed_by}"


@pytest.mark.parametrize("family", EACH_BY_ITS_OWN, ids=[f.name for f in EACH_BY_ITS_OWN])
def test_each_promise_kills_a_mutant_that_dies_of_nothing_else(family: Family) -> None:
    mutants = list(family.mutants())
    deaths = {m.name: killers(m, STORED[m.name]) for m in mutants}
    alone = {next(iter(promises)) for promises in deaths.values() if len(promises) == 1}
    assert alone == {promise for m in mutants for promise in m.kills}


@pytest.mark.parametrize("mutant", OUTSIDE, ids=[m.name for m in OUTSIDE])
def test_a_bulkhead_dies_without_a_word_of_its_own(mutant: Subject) -> None:
    assert killers(silent(mutant), STORED[f"{mutant.name} silent"]) & set(mutant.kills), mutant.summary


@pytest.mark.parametrize(("subject", "family"), HARDENED, ids=[s.name for s, _ in HARDENED])
def test_the_hardened_one_survives_the_same_runs_with_every_promise_exercised(
    subject: Subject, family: Family
) -> None:
    examined = certify_subject(subject, ComponentWorld(), Budget(runs=family.runs), SEED, now_s=lambda: 0.0)
    assert [(p.id, p.verdict.name) for p in examined.result.promises] == [
        (p.id, "CERTIFIED") for p in subject.pattern.promises
    ]
