"""The steps of the recovery: all give the lock back, a lease passes, and two holders have it one after the other."""

from __future__ import annotations

from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.schedule import Do, Step, Wait
from shaketable_patterns.lock.profile import TOLERANCE_MS, Knobs

HOLDERS = ("a", "b", "c")
"""The holders that take part: enough for one that lost the lock, one that has it, and one that must not get it."""


def recovery_of(knobs: Knobs) -> tuple[Step, ...]:
    """Return the steps of patient holders once everything has healed."""
    first, second, *_ = HOLDERS
    least = Wait(knobs.at_least_ms + TOLERANCE_MS + 1)
    asked: list[tuple[str, str] | Wait] = [("release", holder) for holder in HOLDERS]
    asked += [
        Wait(knobs.lease_ms + knobs.grace_ms + 2 * TOLERANCE_MS + 1),
        ("acquire", first),
        ("release", first),
    ]
    asked += [least, ("acquire", second), ("write", second), ("release", second)]
    steps: list[Step] = []
    for number, one in enumerate(asked, RECOVERY_FIRST):
        steps.append(
            one
            if isinstance(one, Wait)
            else Do("start", {"call": number, "method": one[0], "holder": one[1]})
        )
    return tuple(steps)
