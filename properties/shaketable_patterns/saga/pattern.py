"""The order saga as a pattern: its own promises, and those of the outboxes, consumers and dead letters in it."""

from __future__ import annotations

from shaketable.subject import Pattern
from shaketable_patterns.dead_letters import checkers as dead_letters
from shaketable_patterns.idempotency import checkers as idempotency
from shaketable_patterns.outbox import checkers as outbox
from shaketable_patterns.saga import checkers as saga
from shaketable_patterns.saga.machine import calibrate, machine_of, workload

CHECKERS = (
    *saga.CHECKERS,
    *outbox.CHECKERS[:6],
    idempotency.ID_1,
    idempotency.ID_2,
    idempotency.ID_6,
    *dead_letters.CHECKERS,
)
ORDER_SAGA = Pattern(
    name="order-saga",
    promises=tuple(checker.promise for checker in CHECKERS),
    checkers=CHECKERS,
    machine=machine_of,
    workload=workload,
    calibrate=calibrate,
)
