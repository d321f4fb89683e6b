"""Handwritten histories of a bulkhead: one method an event."""

from __future__ import annotations

from typing import Self

from shaketable.components.interface.interface import RECOVERY_FIRST
from shaketable.profile import Profile
from shaketable.verdict import Judgement
from shaketable_patterns.bulkhead.clauses import CHECKERS
from tests.unit.components.component_history import ComponentHistory


def profile(permits: int = 2, max_wait_ms: int = 0, max_queued: int = -1) -> Profile:
    knobs = {"permits": permits, "max_wait_ms": max_wait_ms, "max_queued": max_queued}
    return Profile("small", knobs)


class BulkheadHistory(ComponentHistory):
    checkers = CHECKERS
    refusal = "BulkheadFull"

    def judged(self, of: Profile) -> dict[str, Judgement]:
        judged = super().judged(of)
        assert not [j.unknown for j in judged.values() if j.unknown]
        return judged

    def at_point(self, call: int) -> Self:
        self.add("receipt", "store.request", "delay", {"what": "delay", "call": call})
        return self

    def shows(self, free: int, running: int, queued: int = 0) -> Self:
        self.add("state", "bulkhead", "state", {"free": free, "running": running, "queued": queued})
        return self

    def recovers(self, admitted: int, blocked: int = 0) -> Self:
        """Let the recovery make its calls, of which the first so many are let through and the next so many wait."""
        first = RECOVERY_FIRST
        self.start(*range(first, first + admitted))
        self.block(*range(first + admitted, first + admitted + blocked))
        return self
