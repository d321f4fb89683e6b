"""The kind `bulkhead`: all that the harness is told of bulkheads, and `bulkhead`, with which a team makes its own one."""

from __future__ import annotations

from dataclasses import replace

from shaketable.components.calls.odd_endings import ABORT, FAIL_FALSY, FALSY_RESULTS, GROUP
from shaketable.components.interface.adapter import AnyAdapter
from shaketable.components.interface.interface import ENDINGS, Interface, Reading
from shaketable.components.kind import Kind
from shaketable.history import Json
from shaketable.profile import Profile
from shaketable.schedule import Do, Schedule, Step
from shaketable.subject import Pattern, Subject
from shaketable_patterns.bulkhead.calibration import calibrate
from shaketable_patterns.bulkhead.clauses import CHECKERS
from shaketable_patterns.bulkhead.machine import machine_of
from shaketable_patterns.bulkhead.profile import knobs_of
from shaketable_patterns.bulkhead.promises import AT_ONCE, PROMISES
from shaketable_patterns.bulkhead.recovery import recovery_of

COUNTS = ("free", "running", "queued")


def _are_counts(value: object) -> bool:
    return (
        isinstance(value, dict) and set(value) == set(COUNTS) and all(type(n) is int for n in value.values())
    )


def _counts_words(counts: Json) -> str:
    return f"has {counts['free']} free, {counts['running']} running and {counts['queued']} queued"


INTERFACE = Interface(
    "bulkhead",
    endings=(
        *ENDINGS[:2],
        *FALSY_RESULTS,
        FAIL_FALSY,
        ABORT,
        GROUP,
    ),  # an error is an error: a bulkhead counts none
    readings=(Reading("state", "whole numbers for free, running and queued", _are_counts, _counts_words),),
)
"""An adapter has `call(fn)`, best with `rejections`, and may have `state()`, which returns how many permits are free, how
many calls run and how many wait for a permit."""


def workload(subject: Subject) -> Schedule:
    """Return a schedule without failures: calls in flight together, one more than there are permits, then another one."""
    together = range(1, knobs_of(subject.profile).permits + 2)
    steps = [Do("start", {"call": number}) for number in together]
    steps += [Do("finish", {"call": number, "with": "ok"}) for number in together]
    last = len(together) + 1
    return Schedule(
        subject.name,
        (*steps, Do("start", {"call": last}), Do("finish", {"call": last, "with": "ok"})),
    )


BULKHEAD = Pattern(
    name="bulkhead",
    promises=PROMISES,
    checkers=CHECKERS,
    machine=machine_of,
    workload=workload,
    calibrate=calibrate,
)
_WITHOUT_QUEUE = replace(
    BULKHEAD,
    promises=AT_ONCE,
    checkers=tuple(checker for checker in CHECKERS if checker.promise in AT_ONCE),
)


def _pattern(profile: Profile) -> Pattern:
    return BULKHEAD if knobs_of(profile).max_wait_ms else _WITHOUT_QUEUE


def _recovery(profile: Profile) -> tuple[Step, ...]:
    return recovery_of(knobs_of(profile))


bulkhead: Kind[AnyAdapter] = Kind(INTERFACE, _pattern, _recovery)
"""Makes a subject of a bulkhead, under the promises BH-1 to BH-5; `Knobs` are the knobs of its profile."""
