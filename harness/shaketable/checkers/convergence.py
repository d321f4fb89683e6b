"""Convergence: once the faults are over and the system is quiet, everything has arrived."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple, TypeVar

from shaketable.history import History

K = TypeVar("K")


class Phases(NamedTuple):
    """Where the liveness phase of a run began (-1: never) and how it ended (None: it was not let end)."""

    liveness: int
    quiet: bool | None

    @property
    def unsettled(self) -> str:
        """Why liveness cannot be judged, or ""."""
        if self.liveness < 0 or self.quiet is None:
            return "the run ended before its liveness phase did"
        return "" if self.quiet else "the system never became quiet after the faults were healed"


def phases(history: History) -> Phases:
    """Read the phases of a run; the last word on quietness counts."""
    liveness, quiet = -1, None
    for event in history.events:
        if event.kind == "phase":
            if event.name == "liveness":
                liveness = event.index
            elif event.name == "quiet":
                quiet = bool(event.value and event.value.get("quiet"))
    return Phases(liveness, quiet)


def unfinished(last: Iterable[tuple[K, str, int]], terminal: Collection[str]) -> Iterator[tuple[K, str, int]]:
    """Whoever is not in a terminal state at the end, as (key, state, index of the last change)."""
    return ((key, state, index) for key, state, index in last if state not in terminal)
