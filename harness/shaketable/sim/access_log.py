"""The accesses of one run, as the models tell them."""

from __future__ import annotations

from shaketable.access import Access, AccessKind
from shaketable.history import History
from shaketable.sim.loop import SimLoop


class AccessLog:
    """Writes each access down with the instant and the place in the history at which it happened."""

    __slots__ = ("_history", "_loop", "accesses")

    def __init__(self, loop: SimLoop, history: History) -> None:
        self._loop = loop
        self._history = history
        self.accesses: list[Access] = []

    def __call__(self, process: str, kind: AccessKind, target: str, verb: str, transaction: int = 0) -> None:
        """See `shaketable.access.NoteAccess`."""
        self.accesses.append(
            Access(process, kind, target, verb, self._loop.virtual_ms, len(self._history.events), transaction)
        )
