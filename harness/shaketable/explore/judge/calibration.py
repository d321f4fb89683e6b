"""Calibration: before a search, is the subject what its profile declares, and does a schedule give the same history twice?"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from shaketable.errors import NonDeterminism, UsageError
from shaketable.history import History
from shaketable.runner import Outcome, execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject, System
from shaketable.world import World

TRIES_MAX = 4
"""On real servers a busy machine (other sets of servers start) makes a service time out although nothing fails."""

_ENCODE = msgspec.json.Encoder().encode


def require_promises(subject: Subject) -> None:
    """Raise UsageError for a subject that promises nothing, and of which nothing is required: it can only be run."""
    pattern = subject.pattern
    if not pattern.promises and not pattern.requires:
        raise UsageError(pattern.unjudged or f"{subject.name} has no promise to judge")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What contradicts the declared profile in the runs of calibration, and those of them in which a promise was broken."""

    mismatches: tuple[str, ...] = ()
    broken: tuple[tuple[Schedule, Outcome], ...] = ()


def calibrate(subject: Subject, world: World) -> Calibration:
    """Look at runs in which nothing fails. Where no two runs need be alike it is done up to `TRIES_MAX` times.

    What fits once fits. A promise that such a run breaks is broken: no fault is needed for it. Of a component, or of a
    system whose own description a calm run contradicts, the breach is not told: what is wrong is what was declared.
    """
    found = Calibration()
    for _ in range(1 if world.traits.repeatable else TRIES_MAX):
        found = _calibrate(subject, world)
        if not found.mismatches:
            break
    return found


def _calibrate(subject: Subject, world: World) -> Calibration:
    runs: list[tuple[Schedule, Outcome]] = []

    def run(schedule: Schedule) -> History:
        outcome = execute(world, subject, schedule)
        runs.append((schedule, outcome))
        return outcome.history

    mismatches = tuple(subject.pattern.calibrate(subject, run))
    if not isinstance(subject.target, System) or (mismatches and subject.pattern.declared_by_owner):
        return Calibration(mismatches)
    return Calibration(
        mismatches, tuple((schedule, outcome) for schedule, outcome in runs if outcome.findings)
    )


def require_same_history(subject: Subject, world: World, schedule: Schedule) -> None:
    """Execute `schedule` twice. Raises NonDeterminism that shows the first event in which the runs differ."""
    first = execute(world, subject, schedule).history
    second = execute(world, subject, schedule).history
    difference = _first_difference(first, second)
    if difference:
        raise NonDeterminism(
            f"{subject.name}: two runs of one schedule differ.\n{difference}\n"
            "Usual causes: a wall clock, unseeded random, the order of a set, or a real thread."
        )


def _first_difference(first: History, second: History) -> str:
    """Show the first event in which two histories differ, of both, or return "" if their bytes are the same."""
    for left, right in zip(first.events, second.events, strict=False):
        if _ENCODE(left) != _ENCODE(right):
            return f"  first:  {left}\n  second: {right}"
    if len(first) != len(second):
        longer = max(first, second, key=len)
        return f"  only one of them has: {longer[min(len(first), len(second))]}"
    return ""
