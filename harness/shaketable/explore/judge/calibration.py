"""Calibration: before a search, is the subject what its profile declares, and does a schedule give the same history twice?"""

from __future__ import annotations

import msgspec

from shaketable.errors import NonDeterminism, UsageError
from shaketable.history import History
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import World

TRIES_MAX = 4
"""On real servers a busy machine (other sets of servers start) makes a service time out although nothing fails."""

_ENCODE = msgspec.json.Encoder().encode


def require_promises(subject: Subject) -> None:
    """Raise UsageError for a subject that promises nothing, and of which nothing is required: it can only be run."""
    pattern = subject.pattern
    if not pattern.promises and not pattern.requires:
        raise UsageError(pattern.unjudged or f"{subject.name} has no promise to judge")


def mismatches(subject: Subject, world: World) -> tuple[str, ...]:
    """Return what contradicts the declared profile in runs without faults; empty when it fits.

    Where no two runs need be alike it is asked up to `TRIES_MAX` times: what fits once fits.
    """
    found: tuple[str, ...] = ()
    for _ in range(1 if world.traits.repeatable else TRIES_MAX):
        found = tuple(subject.pattern.calibrate(subject, lambda s: execute(world, subject, s).history))
        if not found:
            break
    return found


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
