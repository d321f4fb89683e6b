"""What makes the facts of a pattern out of a mapping and a history."""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, TypeVar

from shaketable.history import History
from shaketable.mapping.history_index import HistoryIndex
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping

F = TypeVar("F")


class FactsReader(Generic[F]):
    """Makes the facts that `_facts` reads, once a history."""

    __slots__ = ("_indexing", "_mapping")

    def __init__(self, mapping: Mapping, indexing: Indexing) -> None:
        self._mapping = mapping
        self._indexing = indexing

    def __call__(self, history: History) -> F:
        """Return the facts."""
        return history.view(self._read)

    def _read(self, history: History) -> F:
        return self._facts(self._indexing(history))

    @abstractmethod
    def _facts(self, index: HistoryIndex) -> F:
        """Read the facts of a mapping."""
