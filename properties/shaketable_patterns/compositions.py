"""Compositions: the promises that each family of the order system is held to, taken from several patterns."""

from __future__ import annotations

from shaketable.subject import Pattern
from shaketable_patterns.dead_letters import checkers as dead_letters
from shaketable_patterns.dead_letters import machine as dead_letters_machine
from shaketable_patterns.idempotency import checkers as idempotency
from shaketable_patterns.idempotency import machine as idempotency_machine
from shaketable_patterns.order_facts import FactsChecker
from shaketable_patterns.order_system.variant import CONSUMER, DEAD_LETTERS, OUTBOX, SAGA
from shaketable_patterns.outbox import checkers as outbox
from shaketable_patterns.outbox import machine as outbox_machine
from shaketable_patterns.saga import checkers as saga
from shaketable_patterns.saga import machine as saga_machine

_OF_SAGAS: tuple[FactsChecker, ...] = (
    *saga.CHECKERS,
    *(outbox.OB_1, outbox.OB_2, outbox.OB_3, outbox.OB_4, outbox.OB_5, outbox.OB_6),
    *(idempotency.ID_1, idempotency.ID_2, idempotency.ID_6),
    *dead_letters.CHECKERS,
)
_OF_OUTBOXES: tuple[FactsChecker, ...] = (*outbox.CHECKERS, dead_letters.DL_1)
_OF_CONSUMERS: tuple[FactsChecker, ...] = (*idempotency.CHECKERS, dead_letters.DL_1, dead_letters.DL_3)

PATTERNS: dict[str, Pattern] = {
    SAGA: Pattern(
        name="order-saga",
        promises=tuple(checker.promise for checker in _OF_SAGAS),
        checkers=_OF_SAGAS,
        machine=saga_machine.machine_of,
        workload=saga_machine.workload,
        calibrate=saga_machine.calibrate,
    ),
    OUTBOX: Pattern(
        name="outbox",
        promises=tuple(checker.promise for checker in _OF_OUTBOXES),
        checkers=_OF_OUTBOXES,
        machine=outbox_machine.machine_of,
        workload=outbox_machine.workload,
        calibrate=outbox_machine.calibrate,
    ),
    CONSUMER: Pattern(
        name="consumer",
        promises=tuple(checker.promise for checker in _OF_CONSUMERS),
        checkers=_OF_CONSUMERS,
        machine=idempotency_machine.machine_of,
        workload=idempotency_machine.workload,
        calibrate=idempotency_machine.calibrate,
    ),
    DEAD_LETTERS: Pattern(
        name="dead-letters",
        promises=tuple(checker.promise for checker in dead_letters.CHECKERS),
        checkers=dead_letters.CHECKERS,
        machine=dead_letters_machine.machine_of,
        workload=dead_letters_machine.workload,
        calibrate=dead_letters_machine.calibrate,
    ),
}
"""By family."""
