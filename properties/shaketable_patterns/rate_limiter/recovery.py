"""The steps of the recovery: after a silence as many calls as are admitted at once, and one more."""

from __future__ import annotations

from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.schedule import Do, Step, Wait
from shaketable_patterns.rate_limiter.profile import Knobs

KEYS, WORKERS = ("x", "y"), ("a", "b")
"""The keys and the workers that take part: enough for one that uses up its budget beside one that does not."""
FAR_MS = 2
"""Clear of the instant of a decision, where either answer is right."""
_CALLS_MAX = 30


def recovery_of(knobs: Knobs) -> tuple[Step, ...]:
    """Return the steps of patient callers once everything has healed."""
    count = min(knobs.capacity + 1, _CALLS_MAX)
    calls = [
        Do("start", {"call": number, "key": KEYS[0], "worker": WORKERS[0]})
        for number in range(RECOVERY_FIRST, RECOVERY_FIRST + count)
    ]
    return Wait(2 * knobs.full_ms + knobs.tolerance_ms + FAR_MS), *calls
