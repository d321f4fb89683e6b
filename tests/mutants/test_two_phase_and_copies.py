"""Two-phase commit, copies, registries and calls outside: every mutant dies of a promise it names, correct ones of none, whatever they look like."""

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.sim.world import SimWorld
from shaketable.subject import Subject
from shaketable_patterns.discovery import subjects as discoveries
from shaketable_patterns.order_two_phase import subjects as two_phase
from shaketable_patterns.price_copies import subjects as copies
from shaketable_patterns.restaurant_front import subjects as fronts
from tests.campaigns import every
from tests.mutants.correct.copies import CORRECT as CORRECT_COPIES
from tests.mutants.correct.discovery import CORRECT as CORRECT_DISCOVERIES
from tests.mutants.correct.fronts import CORRECT as CORRECT_FRONTS
from tests.mutants.correct.two_phase import CORRECT as CORRECT_TWO_PHASE
from tests.mutants.killing import stored

RUNS_MAX = 500
STORED = stored()
SUBJECTS = {
    subject.name: subject
    for subject in (*two_phase.subjects(), *copies.subjects(), *discoveries.subjects(), *fronts.subjects())
}
MUTANTS = [subject for subject in SUBJECTS.values() if subject.kills]
CORRECT = [*CORRECT_TWO_PHASE, *CORRECT_COPIES, *CORRECT_DISCOVERIES, *CORRECT_FRONTS]


def broken(subject: Subject, schedule: Schedule) -> set[str]:
    """Return the promises that a subject breaks by a schedule, limits that its profile declares left out."""
    findings = execute(SimWorld(), subject, schedule).findings
    return {finding.promise for finding in findings if finding.level != "LIMIT"}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_dies_of_a_promise_it_names_by_its_stored_schedule_and_the_hardened_one_survives_it(mutant):
    assert broken(mutant, STORED[mutant.name]) & set(mutant.kills), mutant.summary
    assert broken(SUBJECTS[mutant.mutant_of], STORED[mutant.name]) == set()


def test_each_promise_has_a_mutant_that_dies_of_it_alone():
    only = [broken(mutant, STORED[mutant.name]) for mutant in MUTANTS]
    assert {next(iter(one)) for one in only if len(one) == 1} >= {
        "TP-1", "TP-2", "TP-3", "EC-1", "EC-2", "EC-3", "EC-4", "EC-5", "SR-1", "SR-2", "SR-3", "SR-4", "SR-5",
        "CB-1", "CB-3", "CB-4", "CB-8", "CB-11", "BH-1", "BH-5", "CW-1", "CW-2", "CW-3",
    }  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "order-two-phase/mutant-presumes-commit",
        "price-copies/mutant-counts-attempts",
        "discovery/mutant-evicts-early",
        "restaurant-front/mutant-one-breaker",
    ],
)
def test_a_search_finds_a_mutant(name):
    result = hunt(SUBJECTS[name], SimWorld(), runs_max=RUNS_MAX)
    assert set(result.killed_by) & set(SUBJECTS[name].kills)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        (two_phase.HARDENED, {"TP-2"}),
        (copies.AVAILABLE, set()),
        (copies.CONSISTENT, set()),
        (discoveries.HARDENED, set()),
    ],
)
def test_a_hardened_one_breaks_nothing_but_its_limit_and_every_promise_is_tried(name, limits):
    budget = Budget(runs=60, replays=1)
    result = certify_subject(SUBJECTS[name], SimWorld(), budget, 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert {p.id for p in result.promises if p.verdict.name != "CERTIFIED"} == limits
    levels = {c.finding.level for p in result.promises for c in p.counterexamples}
    assert levels <= {"LIMIT"}


def test_a_hardened_front_breaks_nothing():
    budget = Budget(runs=60, replays=1)
    result = certify_subject(SUBJECTS[fronts.HARDENED], SimWorld(), budget, 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert [promise.id for promise in result.promises if promise.counterexamples] == []


@pytest.mark.parametrize("subject", every(4, CORRECT), ids=lambda subject: subject.name)
def test_a_correct_one_unlike_the_hardened_one_is_not_accused(subject):
    result = certify_subject(subject, SimWorld(), Budget(runs=12, replays=1), 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    findings = [counterexample.finding for p in result.promises for counterexample in p.counterexamples]
    assert [finding for finding in findings if finding.level != "LIMIT"] == []
