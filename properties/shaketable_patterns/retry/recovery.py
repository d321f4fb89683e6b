"""The steps of the recovery: one call that fails once and then succeeds."""

from __future__ import annotations

from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.schedule import Do, Step, Wait
from shaketable_patterns.retry.profile import Knobs

FAR_MS = 2
"""Clear of the instant at which a wait or a budget ends, where either answer is right."""


def recovery_of(knobs: Knobs) -> tuple[Step, ...]:
    """Return the steps of a patient caller once everything has healed."""
    call = RECOVERY_FIRST
    return (
        Do("start", {"call": call, "idempotent": True}),
        Do("finish", {"call": call, "with": "fail"}),
        Wait(knobs.bounds_ms(1, knobs.wait_ms)[1] + knobs.tolerance_ms + FAR_MS),
        Do("finish", {"call": call, "with": "ok"}),
    )
