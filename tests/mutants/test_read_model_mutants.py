"""Read models: every mutant dies of a promise it names, the hardened one of none, and correct ones that are unlike it are not accused."""

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.runner import execute
from shaketable.schedule import Do, Schedule, Wait
from shaketable.sim.world import SimWorld
from shaketable.verdict import Verdict
from shaketable_patterns.catalogue import history_subjects
from shaketable_patterns.order_history.values import poison
from tests.campaigns import every
from tests.mutants.correct.read_models import CORRECT, OPPOSITES
from tests.mutants.killing import killers, stored

RUNS_MAX = 500
STORED = stored()
SUBJECTS = {subject.name: subject for subject in history_subjects()}
MUTANTS = [subject for subject in SUBJECTS.values() if subject.kills]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_dies_of_a_promise_it_names_by_its_stored_schedule(mutant):
    assert killers(mutant, STORED[mutant.name]) & set(mutant.kills), mutant.summary


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_hardened_one_survives_what_kills_a_mutant(mutant):
    assert killers(SUBJECTS["order-history/hardened"], STORED[mutant.name]) == set()


@pytest.mark.parametrize("name", ["adds-again-after-crash", "strands-rebuilds"])
def test_a_search_finds_a_mutant(name):
    mutant = SUBJECTS[f"order-history/mutant-{name}"]
    result = hunt(mutant, SimWorld(), runs_max=RUNS_MAX)
    assert set(result.killed_by) & set(mutant.kills)


def test_the_hardened_one_breaks_nothing_and_every_promise_is_tried():
    subject = SUBJECTS["order-history/hardened"]
    result = certify_subject(subject, SimWorld(), Budget(runs=100, replays=1), 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert {p.id: p.verdict.name for p in result.promises if p.verdict is not Verdict.CERTIFIED} == {}


def test_each_promise_has_a_mutant_that_dies_of_it_alone():
    only = {
        mutant.kills[0] for mutant in MUTANTS if killers(mutant, STORED[mutant.name]) == {mutant.kills[0]}
    }
    assert only >= {"PJ-1", "PJ-3", "PJ-4", "PJ-5", "PJ-6"}
    assert {kills for mutant in MUTANTS for kills in mutant.kills} == {f"PJ-{n}" for n in range(1, 7)}


@pytest.mark.parametrize("subject", every(4, CORRECT), ids=lambda subject: subject.name)
def test_a_correct_read_model_unlike_the_hardened_one_is_not_accused(subject):
    result = certify_subject(subject, SimWorld(), Budget(runs=40, replays=1), 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert {p.id: p.counterexamples[0].finding for p in result.promises if p.counterexamples} == {}


@pytest.mark.parametrize(("subject", "anomaly"), OPPOSITES, ids=lambda one: getattr(one, "name", one))
def test_the_opposite_of_what_is_declared_is_found_off_profile(subject, anomaly):
    schedule = Schedule(subject.name, (Do("poison", poison(1)), Wait(1_000)))
    found = {
        finding.anomaly: finding.off_profile for finding in execute(SimWorld(), subject, schedule).findings
    }
    assert found[anomaly].startswith("poison_policy=")
