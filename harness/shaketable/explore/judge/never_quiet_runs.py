"""What went on in runs that never became quiet: the effects after everything was healed, told where quiet is missed."""

from __future__ import annotations

from collections import Counter
from itertools import islice

from shaketable.history import History

_ROUTINE = frozenset({"poll", "plan", "rows"})
"""Looking for work, which a quiet system does too."""
_LAST = 200
"""The number of events at a run's end that are looked at: what went on is what still happens then."""


class Unrest:
    """Counts, over all runs that never became quiet, what each process did at the end."""

    def __init__(self) -> None:
        self._done: Counter[tuple[str, str]] = Counter()

    def add(self, history: History) -> None:
        """Count what one such run ended with."""
        seen: set[tuple[str, str]] = set()
        for event in islice(reversed(history.events), _LAST):
            if event.kind == "phase" and event.name == "liveness":
                break
            if event.kind == "effect" and event.name not in _ROUTINE:
                seen.add((event.process, event.name))
        self._done.update(seen)

    def words(self) -> str:
        """Name what went on in most of those runs."""
        if not self._done:
            return "nothing of it left an effect: look for requests that are sent again and again"
        (process, name), runs = min(self._done.items(), key=lambda item: (-item[1], item[0]))
        return f"what still went on in {runs} of them is {name.replace('_', ' ')} by {process}"
