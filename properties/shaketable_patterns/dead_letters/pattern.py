"""Dead letters as a pattern: one consumer whose partner can be away for longer than its patience."""

from __future__ import annotations

from shaketable.subject import Pattern
from shaketable_patterns.dead_letters.checkers import CHECKERS
from shaketable_patterns.dead_letters.machine import calibrate, machine_of, workload

DEAD_LETTERS = Pattern(
    name="dead-letters",
    promises=tuple(checker.promise for checker in CHECKERS),
    checkers=CHECKERS,
    machine=machine_of,
    workload=workload,
    calibrate=calibrate,
)
