"""Rules of one or several patterns put under one mapping: what is judged, and what nothing of the subject plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from shaketable.checker import Checker
from shaketable.checkers.rule import Rule, checkers_of, claimed
from shaketable.history import History
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping
from shaketable.verdict import NotClaimed, Promise

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class Rules(Generic[F]):
    """The rules of one pattern, and what makes its facts out of a mapping and the index of a history."""

    rules: tuple[Rule[F], ...]
    reader: Callable[[Mapping, Indexing], Callable[[History], F]]

    def only(self, *promises: str) -> Rules[F]:
        """Keep the rules of these promises."""
        return Rules(tuple(rule for rule in self.rules if rule.promise.id in promises), self.reader)


@dataclass(frozen=True, slots=True)
class Judged:
    """What is claimed of a subject, with its checkers, and what is not."""

    promises: tuple[Promise, ...]
    checkers: tuple[Checker, ...]
    not_claimed: tuple[NotClaimed, ...]


def judged(mapping: Mapping, *parts: Rules[Any]) -> Judged:
    """Sort out what `mapping` claims. All parts share one reading of a history."""
    indexing = Indexing(mapping.tables())
    checkers: list[Checker] = []
    left: list[NotClaimed] = []
    for part in parts:
        kept, unclaimed = claimed(part.rules, mapping)
        left += unclaimed
        checkers += checkers_of(kept, part.reader(mapping, indexing))
    promises = tuple(promise for checker in checkers for promise in checker.promises)
    return Judged(promises, tuple(checkers), tuple(left))
