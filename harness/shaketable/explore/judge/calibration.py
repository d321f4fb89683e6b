"""Whether a subject is what its author declares, seen in runs in which nothing is made to fail."""

from __future__ import annotations

from shaketable.runner import execute
from shaketable.subject import Subject
from shaketable.world import World, scale_of

TRIES_MAX = 4
"""Where time is the machine's, one that is busy (other sets of servers start) makes a service time out although nothing fails."""


def mismatches(subject: Subject, world: World) -> tuple[str, ...]:
    """What contradicts the declaration; empty when it fits. On real servers, what fits once fits."""
    found: tuple[str, ...] = ()
    for _ in range(TRIES_MAX if scale_of(world) else 1):
        found = tuple(subject.pattern.calibrate(subject, lambda s: execute(world, subject, s).history))
        if not found:
            break
    return found
