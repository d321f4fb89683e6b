"""A choice is right where it is declared, and found where the opposite is."""

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.mutation import hunt
from shaketable.sim.world import SimWorld
from shaketable.subject import Subject
from shaketable_patterns.compositions import pattern_of
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import Variant
from shaketable_targets.order_system.idempotency import LeasedKeys, OneTransactionKeys
from shaketable_targets.order_system.mutants import idempotency_memory as keys
from shaketable_targets.order_system.mutants import saga_choices as saga

RUNS_MAX = 500
RUNS_CERTIFIED = 150

GOES_ON = system.saga(order=saga.CancelsUnrefunded, payment=saga.OwesRefunds)
UNDOES = system.saga(payment=saga.UndoesWhatFailed)


def waiting_keys(ports, config):
    return OneTransactionKeys(ports)


def declared(family, target, **knobs):
    config = profile.SAGA_CONFIG if family == "order-saga" else profile.CONSUMER_CONFIG
    more = knobs if family == "order-saga" else {"in_progress": "409"} | knobs
    name = " ".join(f"{knob}={value}" for knob, value in knobs.items())
    variant = Variant(family, target, profile.profile(name, config, **more), name)
    return Subject(f"{family}/chosen", pattern_of(variant), variant.profile, target)


CHOICES = [
    declared("order-saga", GOES_ON, after_failing_compensation="go-on"),
    declared("order-saga", UNDOES, compensate_failed_step=True),
    declared("order-saga", system.saga(), compensate_failed_step=True),
    declared("order-consumer", system.consumer(keys=keys.KeyOfItsOrder), key_scope="order"),
    declared("order-consumer", system.consumer(keys=keys.StoresRefusals), stored_statuses="201,409"),
    declared("order-consumer", system.consumer(keys=waiting_keys), in_progress="wait"),
]
OPPOSITES = [
    (declared("order-saga", GOES_ON, after_failing_compensation="stop"), "SG-4"),
    (declared("order-saga", system.saga(), after_failing_compensation="go-on"), "SG-5"),
    (declared("order-saga", UNDOES, compensate_failed_step=False), "SG-3"),
    (declared("order-consumer", system.consumer(keys=keys.KeyOfItsOrder), key_scope="service"), "ID-5"),
    (declared("order-consumer", system.consumer(keys=LeasedKeys), key_scope="order"), "ID-5"),
    (declared("order-consumer", system.consumer(keys=keys.StoresRefusals), stored_statuses="201"), "ID-6"),
    (declared("order-consumer", system.consumer(keys=LeasedKeys), stored_statuses="201,409"), "ID-1"),
    (declared("order-consumer", system.consumer(keys=LeasedKeys), in_progress="wait"), "ID-1"),
]


@pytest.mark.parametrize("subject", CHOICES, ids=lambda subject: subject.profile.name)
def test_a_choice_that_is_declared_is_not_accused(subject):
    result = certify_subject(
        subject, SimWorld(), Budget(runs=RUNS_CERTIFIED, replays=1), 0, now_s=lambda: 0.0
    ).result
    assert result.calibration == ()
    assert {p.id: p.verdict.name for p in result.promises if p.counterexamples} == {}


@pytest.mark.parametrize(
    ("subject", "promise"), OPPOSITES, ids=lambda x: x if isinstance(x, str) else x.profile.name
)
def test_the_opposite_of_what_is_declared_is_found(subject, promise):
    chosen = Subject(subject.name, subject.pattern, subject.profile, subject.target, kills=(promise,))
    result = hunt(chosen, SimWorld(), runs_max=RUNS_MAX)
    assert promise in result.killed_by, f"alive after {RUNS_MAX} runs; broken were only {result.killed_by}"
