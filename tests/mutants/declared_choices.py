"""Choices of an implementation: right where they are declared (`CHOICES`), wrong where the opposite is (`OPPOSITES`)."""

from shaketable.subject import Subject
from shaketable_patterns.compositions import pattern_of
from shaketable_patterns.order_system import profile, system
from shaketable_patterns.order_system.variant import Variant
from shaketable_targets.order_system.idempotency import LeasedKeys, OneTransactionKeys
from shaketable_targets.order_system.mutants import idempotency_memory as keys
from shaketable_targets.order_system.mutants import saga_choices as saga

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
OPPOSITES: list[tuple[Subject, str]] = [
    (declared("order-saga", GOES_ON, after_failing_compensation="stop"), "SG-4"),
    (declared("order-saga", system.saga(), after_failing_compensation="go-on"), "SG-5"),
    (declared("order-saga", UNDOES, compensate_failed_step=False), "SG-3"),
    (declared("order-consumer", system.consumer(keys=keys.KeyOfItsOrder), key_scope="service"), "ID-5"),
    (declared("order-consumer", system.consumer(keys=LeasedKeys), key_scope="order"), "ID-5"),
    (declared("order-consumer", system.consumer(keys=keys.StoresRefusals), stored_statuses="201"), "ID-6"),
    (declared("order-consumer", system.consumer(keys=LeasedKeys), stored_statuses="201,409"), "ID-1"),
    (declared("order-consumer", system.consumer(keys=LeasedKeys), in_progress="wait"), "ID-1"),
]
