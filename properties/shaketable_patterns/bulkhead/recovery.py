"""The steps of the recovery: one call more than there are permits, all at once, of which all but the last must run."""

from __future__ import annotations

from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.schedule import Do, Step, Wait
from shaketable_patterns.bulkhead.profile import TOLERANCE_MS, Knobs


def recovery_of(knobs: Knobs) -> tuple[Step, ...]:
    """Return the steps of a patient caller once everything has healed."""
    numbers = range(RECOVERY_FIRST, RECOVERY_FIRST + knobs.permits + 1)
    steps: list[Step] = [Do("start", {"call": number}) for number in numbers]
    if knobs.max_wait_ms > 0:
        steps.append(Wait(knobs.max_wait_ms + TOLERANCE_MS + 1))
    return (*steps, *(Do("finish", {"call": number, "with": "ok"}) for number in numbers))
