"""The outbox as a pattern: its promises and those of the dead letters its poison rows become."""

from __future__ import annotations

from shaketable.subject import Pattern
from shaketable_patterns.dead_letters.checkers import DL_1
from shaketable_patterns.outbox.checkers import CHECKERS as OUTBOX_CHECKERS
from shaketable_patterns.outbox.machine import calibrate, machine_of, workload

CHECKERS = (*OUTBOX_CHECKERS, DL_1)
OUTBOX = Pattern(
    name="outbox",
    promises=tuple(checker.promise for checker in CHECKERS),
    checkers=CHECKERS,
    machine=machine_of,
    workload=workload,
    calibrate=calibrate,
)
