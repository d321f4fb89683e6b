"""Every mutant of the reference breaker dies of the promise it names; the reference survives the same runs.

What is known of the libraries is found by the same machine, and nothing else is found.
"""

from __future__ import annotations

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget, Meter
from shaketable.explore.certify import certify_subject
from shaketable.explore.generate.machine import boundaries_of
from shaketable.explore.judge.expectations import everything_found
from shaketable.explore.mutation import hunt
from shaketable.explore.search import Search, search
from shaketable.runner import execute
from shaketable.subject import Subject
from shaketable_patterns.circuit_breaker.promises import PROMISES
from shaketable_patterns.circuit_breaker.subjects import HARDENED, hardened, libraries, mutants
from tests.mutants.killing import killers, stored

RUNS = 150
LIBRARY_RUNS = 400
SEED = 0
STORED = stored()
MUTANTS = list(mutants())
LIBRARIES = list(libraries())


@pytest.mark.parametrize("mutant", MUTANTS, ids=[m.name for m in MUTANTS])
def test_the_mutant_dies_of_the_promise_it_names_by_the_schedule_that_was_found(mutant: Subject) -> None:
    assert killers(mutant, STORED[mutant.name]) & set(mutant.kills), mutant.summary


@pytest.mark.parametrize("mutant", MUTANTS, ids=[m.name for m in MUTANTS])
def test_the_hardened_breaker_breaks_nothing_by_that_schedule(mutant: Subject) -> None:
    assert killers(hardened(), STORED[mutant.name]) == set()


@pytest.mark.parametrize("mutant", MUTANTS[::6], ids=[m.name for m in MUTANTS[::6]])
def test_a_search_finds_the_mutant(mutant: Subject) -> None:
    result = hunt(mutant, ComponentWorld(), runs_max=RUNS, seed=SEED)
    assert result.runs_to_kill, f"{mutant.summary} {mutant.kills} did not notice; found {result.killed_by}"


def test_a_late_success_that_closes_is_told_by_its_promise_and_as_no_setting() -> None:
    mutant = next(m for m in MUTANTS if m.name == "breaker/mutant-late-success-closes")
    world = ComponentWorld()
    assert mutant.pattern.calibrate(mutant, lambda s: execute(world, mutant, s).history) == []
    budget = Budget(runs=30, replays=1, shrink_executions=20)
    examined = certify_subject(mutant, world, budget, 1, now_s=lambda: 0.0)
    assert "CB-2" in {p.id for p in examined.result.promises if p.counterexamples}


def test_the_hardened_breaker_survives_the_same_runs_with_every_promise_exercised() -> None:
    examined = certify_subject(hardened(), ComponentWorld(), Budget(runs=RUNS), SEED, now_s=lambda: 0.0)
    assert [(p.id, p.verdict.name) for p in examined.result.promises] == [
        (p.id, "CERTIFIED") for p in PROMISES
    ]


def test_every_promise_has_a_mutant_and_every_mutant_a_mistake() -> None:
    assert {promise for m in MUTANTS for promise in m.kills} == {p.id for p in PROMISES}
    assert all(m.summary and m.mutant_of == HARDENED for m in MUTANTS)


@pytest.mark.parametrize("library", LIBRARIES, ids=[s.name for s in LIBRARIES])
def test_the_machine_finds_what_is_known_of_the_library_and_nothing_else(library: Subject) -> None:
    world, budget = ComponentWorld(), Budget(runs=LIBRARY_RUNS, until_expected=True)
    found = Search(
        library,
        Meter(budget, lambda: 0.0, lambda: False, 0.0),
        enough=lambda e: everything_found(library, e.found),
    )
    search(found, world, boundaries_of(library, world), budget, SEED)
    assert everything_found(library, found.found), sorted(found.found)
    expects = library.expects
    follow = found.contradicted()  # each mistake is told once, without what follows from it
    told = {promise for promise, anomaly in found.found if (promise, anomaly) not in follow}
    assert told <= set(expects.breaks) | expects.may_break
    for promise, level in expects.levels.items():
        assert level in {f.finding.level for (p, _), f in found.found.items() if p == promise}


@pytest.mark.parametrize("library", LIBRARIES, ids=[s.name for s in LIBRARIES])
def test_the_library_agrees_with_its_profile_when_called_by_one_caller_at_a_time(library: Subject) -> None:
    world = ComponentWorld()
    assert library.pattern.calibrate(library, lambda s: execute(world, library, s).history) == []
