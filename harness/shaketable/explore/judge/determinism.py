"""One schedule, two runs, one history: tried before anything is concluded from generated runs."""

from __future__ import annotations

import msgspec

from shaketable.errors import NonDeterminism
from shaketable.history import History
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import World

_ENCODE = msgspec.json.Encoder().encode


def require_same_history(subject: Subject, world: World, schedule: Schedule) -> None:
    """Execute `schedule` twice. Raises NonDeterminism that shows the first event in which the runs differ."""
    first = execute(world, subject, schedule).history
    second = execute(world, subject, schedule).history
    difference = first_difference(first, second)
    if difference:
        raise NonDeterminism(
            f"{subject.name}: two runs of one schedule differ.\n{difference}\n"
            "Usual causes: a wall clock, unseeded random, the order of a set, or a real thread."
        )


def first_difference(first: History, second: History) -> str:
    """The first event in which two histories differ, of both, or "" if their bytes are the same."""
    for left, right in zip(first.events, second.events, strict=False):
        if _ENCODE(left) != _ENCODE(right):
            return f"  first:  {left}\n  second: {right}"
    if len(first) != len(second):
        longer = max(first, second, key=len)
        return f"  only one of them has: {longer[min(len(first), len(second))]}"
    return ""
