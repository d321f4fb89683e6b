"""The checkers are checked: searches find mutants of the order system by a promise they name, and accuse no hardened one."""

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.sim.world import SimWorld
from shaketable.subject import Subject
from shaketable.verdict import Verdict
from shaketable_patterns.catalogue import order_subjects
from shaketable_patterns.compositions import pattern_of
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import SAGA, Variant
from shaketable_targets.order_system.as_listed.steps import PaymentSteps
from shaketable_targets.order_system.mutants.saga_compensation import CompensatesInOrder, ReleasingSteps
from tests.campaigns import campaign

RUNS_MAX = 500
SUBJECTS = order_subjects()
MUTANTS = [subject for subject in SUBJECTS if subject.kills]
NAMED = {subject.name: subject for subject in SUBJECTS}
SEARCHED = (
    "order-saga/mutant-stock-in-memory",
    "order-outbox/mutant-unfenced-mark",
    "order-consumer/mutant-no-expiry",
    "order-dead-letters/mutant-redrive-mails-again",
)
"""All are searched by `python -m tests.mutants.killing`, a part of `make soak`; each has a story in tests/unit/order_system."""
THIN = ("order-orchestration/hardened", "order-orchestration/hardened-two-instances")
"""Over HTTP an event comes twice only from the outbox, so that SG-7 is tried in one run of twenty to forty."""
IN_MAKE_TEST = {
    *(
        "order-saga/hardened",
        "order-outbox/hardened",
        "order-consumer/hardened",
        "order-dead-letters/hardened",
    ),
    "order-orchestration/hardened-over-kafka",
}
HARDENED = [
    pytest.param(subject, marks=() if subject.name in IN_MAKE_TEST else campaign)
    for subject in SUBJECTS
    if not subject.kills and "/hardened" in subject.name
]


@pytest.mark.parametrize("name", SEARCHED)
def test_a_search_finds_a_mutant_of_each_family(name):
    result = hunt(NAMED[name], SimWorld(), runs_max=RUNS_MAX)
    assert set(result.killed_by) & set(NAMED[name].kills), (
        f"alive after {RUNS_MAX} runs; broken were only {result.killed_by}"
    )


@pytest.mark.parametrize("subject", HARDENED, ids=lambda subject: subject.name)
def test_a_hardened_subject_breaks_nothing_and_every_promise_is_tried(subject):
    runs = 300 if subject.name in THIN else 150
    result = certify_subject(subject, SimWorld(), Budget(runs=runs, replays=1), 0, now_s=lambda: 0.0).result
    assert result.calibration == ()
    assert {p.id: p.verdict.name for p in result.promises if p.verdict is not Verdict.CERTIFIED} == {}


class CompensatesInReverse(CompensatesInOrder):
    """The orchestrator that undoes last what it did first."""

    def undoing(self, begun):
        return list(reversed(begun))


def others(name, system, declared):
    pattern = pattern_of(Variant(SAGA, system, declared, name))
    subject = Subject(f"order-saga/{name}", pattern, declared, system)
    return certify_subject(subject, SimWorld(), Budget(runs=200, replays=1), 0, now_s=lambda: 0.0).result


def test_a_hardened_saga_may_have_two_instances_of_a_service():
    twice = system.saga(payments=("payment-1", "payment-2"), inventories=("inventory-1", "inventory-2"))
    result = others("twice", twice, profile.SAGA)
    assert {p.id: p.verdict.name for p in result.promises if p.verdict is not Verdict.CERTIFIED} == {}


def test_an_orchestrator_that_compensates_in_reverse_order_is_not_accused_of_the_opposite():
    saga = system.saga(order=CompensatesInReverse, payment=PaymentSteps, inventory=ReleasingSteps)
    result = others("reverse", saga, profile.COMPENSATING)
    (reverse,) = [p for p in result.promises if p.id == "SG-3"]
    assert reverse.verdict is Verdict.CERTIFIED
    assert reverse.exercised


def test_there_are_enough_mutants_and_each_names_a_promise_of_its_pattern():
    assert len(MUTANTS) >= 15
    for mutant in MUTANTS:
        assert set(mutant.kills) <= {promise.id for promise in mutant.pattern.promises}
