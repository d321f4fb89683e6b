"""Self-healing queues and caches: every mutant dies of a promise it names, the hardened one of none, and correct ones are not accused."""

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.runner import execute
from shaketable.sim.world import SimWorld
from shaketable.verdict import Verdict
from shaketable_patterns.catalogue import waiting_subjects
from tests.campaigns import every
from tests.mutants.correct.queues import CORRECT, UNGUARDED
from tests.mutants.killing import killers, stored

RUNS_MAX = 500
STORED = stored()
SUBJECTS = {subject.name: subject for subject in waiting_subjects()}
HARDENED = SUBJECTS["waiting-list/hardened"]
MUTANTS = [subject for subject in SUBJECTS.values() if subject.kills]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_dies_of_a_promise_it_names_by_its_stored_schedule(mutant):
    assert killers(mutant, STORED[mutant.name]) & set(mutant.kills), mutant.summary


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_hardened_one_survives_what_kills_a_mutant(mutant):
    assert killers(HARDENED, STORED[mutant.name]) == set()


@pytest.mark.parametrize("name", ["heals-when-missing", "swaps-blindly"])
def test_a_search_finds_a_mutant(name):
    mutant = SUBJECTS[f"waiting-list/mutant-{name}"]
    result = hunt(mutant, SimWorld(), runs_max=RUNS_MAX)
    assert set(result.killed_by) & set(mutant.kills)


def test_the_hardened_one_breaks_nothing_and_every_promise_is_tried():
    result = certify_subject(HARDENED, SimWorld(), Budget(runs=100, replays=1), 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert {p.id: p.verdict.name for p in result.promises if p.verdict is not Verdict.CERTIFIED} == {}


def test_each_promise_has_a_mutant_that_dies_of_it_alone():
    only = {
        mutant.kills[0] for mutant in MUTANTS if killers(mutant, STORED[mutant.name]) == {mutant.kills[0]}
    }
    assert only == {"HC-1", "HC-2", "HC-3", "HC-4"}
    assert {kills for mutant in MUTANTS for kills in mutant.kills} == only


@pytest.mark.parametrize("subject", every(3, CORRECT), ids=lambda subject: subject.name)
def test_a_correct_queue_or_cache_unlike_the_hardened_one_is_not_accused(subject):
    result = certify_subject(subject, SimWorld(), Budget(runs=25, replays=1), 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert {p.id: p.counterexamples[0].finding for p in result.promises if p.counterexamples} == {}


def test_an_unguarded_fill_that_is_not_declared_is_found_off_profile():
    schedule = STORED["waiting-list/mutant-fills-unguarded"]
    found = execute(SimWorld(), UNGUARDED, schedule).findings
    assert {finding.off_profile for finding in found} == {"fill=expires"}
