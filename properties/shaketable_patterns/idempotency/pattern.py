"""Idempotent consumers and keys as a pattern, with the dead letters of the consumers."""

from __future__ import annotations

from shaketable.subject import Pattern
from shaketable_patterns.dead_letters.checkers import DL_1, DL_3
from shaketable_patterns.idempotency.checkers import CHECKERS as IDEMPOTENCY_CHECKERS
from shaketable_patterns.idempotency.machine import calibrate, machine_of, workload

CHECKERS = (*IDEMPOTENCY_CHECKERS, DL_1, DL_3)
CONSUMER = Pattern(
    name="consumer",
    promises=tuple(checker.promise for checker in CHECKERS),
    checkers=CHECKERS,
    machine=machine_of,
    workload=workload,
    calibrate=calibrate,
)
