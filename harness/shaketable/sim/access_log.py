"""What the models tell that was read and written, written down."""

from __future__ import annotations

from shaketable.access import Access, AccessKind
from shaketable.history import History
from shaketable.sim.loop import SimLoop


class AccessLog:
    """Writes each access into the history, with its instant and its place between the events."""

    __slots__ = ("_history", "_loop")

    def __init__(self, loop: SimLoop, history: History) -> None:
        self._loop = loop
        self._history = history

    def __call__(self, process: str, kind: AccessKind, target: str, verb: str, transaction: int = 0) -> None:
        """See `shaketable.access.NoteAccess`."""
        self._history.accesses.append(
            Access(process, kind, target, verb, self._loop.virtual_ms, len(self._history.events), transaction)
        )
