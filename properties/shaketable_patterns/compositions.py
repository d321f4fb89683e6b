"""Compositions: the promises that each family of the order system is held to, taken from several patterns.

What of them a variant really claims is decided by its mapping.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.record_names import RecordNames
from shaketable.mapping.rules_under_mapping import Rules
from shaketable.subject import Pattern
from shaketable_patterns.dead_letters.clauses import DEAD_LETTER_RULES
from shaketable_patterns.idempotency.clauses import IDEMPOTENCY_RULES
from shaketable_patterns.order_history.calibration import calibrate
from shaketable_patterns.order_history.machine import machine_of
from shaketable_patterns.order_history.workload import troubled, workload
from shaketable_patterns.order_system.consumer_mapping import (
    consumer_mapping,
    dead_letters_mapping,
    with_letters,
)
from shaketable_patterns.order_system.judged_pattern import Trial, judged_pattern
from shaketable_patterns.order_system.machines import (
    dead_letters,
    idempotency,
    orchestration,
    outbox,
    saga,
)
from shaketable_patterns.order_system.orchestration_mapping import orchestration_mapping
from shaketable_patterns.order_system.outbox_mapping import outbox_mapping
from shaketable_patterns.order_system.saga_mapping import saga_mapping
from shaketable_patterns.order_system.variant import (
    CONSUMER,
    DEAD_LETTERS,
    ORCHESTRATION,
    OUTBOX,
    SAGA,
    Variant,
)
from shaketable_patterns.outbox.clauses import OUTBOX_RULES
from shaketable_patterns.projection.clauses import PROJECTION_RULES
from shaketable_patterns.saga.clauses import SAGA_RULES
from shaketable_patterns.self_healing.clauses import SELF_HEALING_RULES
from shaketable_patterns.waiting_list import calibration as waiting_calibration
from shaketable_patterns.waiting_list import machine as waiting_machine
from shaketable_patterns.waiting_list import workload as waiting_workload

_OF_SAGAS: tuple[Rules[Any], ...] = (
    SAGA_RULES,
    OUTBOX_RULES.only("OB-1", "OB-2", "OB-3", "OB-4", "OB-5", "OB-6"),
    IDEMPOTENCY_RULES.only("ID-1", "ID-2", "ID-6"),
    DEAD_LETTER_RULES,
)
_RULES: dict[str, tuple[Rules[Any], ...]] = {
    SAGA: _OF_SAGAS,
    ORCHESTRATION: _OF_SAGAS,
    OUTBOX: (OUTBOX_RULES, DEAD_LETTER_RULES.only("DL-1")),
    CONSUMER: (IDEMPOTENCY_RULES, DEAD_LETTER_RULES.only("DL-1", "DL-3")),
    DEAD_LETTERS: (DEAD_LETTER_RULES,),
}
_MACHINES: dict[str, ModuleType] = {
    SAGA: saga,
    ORCHESTRATION: orchestration,
    OUTBOX: outbox,
    CONSUMER: idempotency,
    DEAD_LETTERS: dead_letters,
}
_NAMES = {
    SAGA: "order-saga",
    ORCHESTRATION: "order-orchestration",
    OUTBOX: "outbox",
    CONSUMER: "consumer",
    DEAD_LETTERS: "dead-letters",
}
_LOCKING = ("fenced-lock", "lock-at-most-for", "log")
"""The relays that share a lock; the others claim rows or have none."""
_MAPPINGS: dict[str, Callable[[Variant], Mapping]] = {
    SAGA: lambda variant: saga_mapping(
        direct=variant.direct, orchestrated=variant.profile.knobs["style"] == "orchestration"
    ),
    ORCHESTRATION: lambda variant: orchestration_mapping(
        by_topic=variant.profile.knobs["style"] == "orchestration-by-topic"
    ),
    OUTBOX: lambda variant: with_letters(
        outbox_mapping(
            dual_write=variant.profile.knobs["relay"] == "none",
            relay_lock=variant.profile.knobs["relay"] in _LOCKING,
            log=variant.profile.knobs["relay"] == "log",
            indexed=variant.profile.knobs["relay"] == "listen-notify",
        ),
        "order",
    ),
    CONSUMER: lambda variant: consumer_mapping(key_of_order=variant.profile.knobs["key_scope"] == "order"),
    DEAD_LETTERS: lambda _: dead_letters_mapping(),
}


def mapping_of(variant: Variant) -> Mapping:
    """Return who plays which role in a variant."""
    return replace(_MAPPINGS[variant.family](variant), settings=variant.profile.knobs)


def rules_of(variant: Variant) -> tuple[Rules[Any], ...]:
    """Return the rules that a variant's family is held to."""
    return _RULES[variant.family]


_PATTERNS: dict[str, Pattern] = {}
"""The patterns that were made, by what decides them: a dozen serve the hundred shipped variants."""


def pattern_of(variant: Variant) -> Pattern:
    """Return the pattern that a variant is judged under: what its mapping claims of its family's promises.

    Variants of one family that declare the same share one.
    """
    decides = repr((variant.family, variant.direct, variant.profile.knobs))
    if decides in _PATTERNS:
        return _PATTERNS[decides]
    mapping, machine = mapping_of(variant), _MACHINES[variant.family]
    trial = Trial(machine.machine_of, machine.workload, machine.calibrate, machine.troubled)
    names = RecordNames(mapping)
    pattern = judged_pattern(_NAMES[variant.family], mapping, rules_of(variant), trial, names)
    _PATTERNS[decides] = pattern
    return pattern


def read_model_pattern_of(mapping: Mapping) -> Pattern:
    """Return the pattern that an order history is judged under: what its mapping claims of a read model's promises."""
    trial = Trial(machine_of, workload, calibrate, troubled)
    return judged_pattern("read-model", mapping, (PROJECTION_RULES,), trial, RecordNames(mapping))


def self_healing_pattern_of(mapping: Mapping) -> Pattern:
    """Return the pattern that a waiting list is judged under: what its mapping claims of a self-healing queue and cache."""
    trial = Trial(
        waiting_machine.machine_of,
        waiting_workload.workload,
        waiting_calibration.calibrate,
        waiting_workload.troubled,
    )
    return judged_pattern("self-healing", mapping, (SELF_HEALING_RULES,), trial, RecordNames(mapping))
