"""Convergence: once the faults are over and the system is quiet, everything has arrived."""

from __future__ import annotations

from typing import NamedTuple

from shaketable.history import History


class Phases(NamedTuple):
    """The event with which a run's liveness phase began (-1: never), and if it ended quiet (None: no end)."""

    liveness: int
    quiet: bool | None

    @property
    def unsettled(self) -> str:
        """The reason why liveness cannot be judged, or ""."""
        if self.liveness < 0 or self.quiet is None:
            return "the run ended before its liveness phase did"
        return "" if self.quiet else "the system never became quiet after the faults were healed"


def phases(history: History) -> Phases:
    """Read the phases of a run; what it says of quiet last counts."""
    liveness, quiet = -1, None
    for event in history.events:
        if event.kind == "phase":
            if event.name == "liveness":
                liveness = event.index
            elif event.name == "quiet":
                quiet = bool(event.value and event.value.get("quiet"))
    return Phases(liveness, quiet)
