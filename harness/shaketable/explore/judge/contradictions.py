"""Contradictions: the findings of a search held against all its runs, so that one mistake is told once.

A defect that has no name of its own can look like several that have one, each in some run. The behaviour in all runs
tells them apart: what one cause explains follows from it, and a cause that many runs contradict is not what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shaketable.history import History
from shaketable.subject import Subject
from shaketable.verdict import Finding

HISTORIES_MAX = 150

Key = tuple[str, str]
"""(promise, anomaly): what makes two findings the same."""


class Contradictions:
    """Keeps the histories of the first runs, for patterns that can tell what follows from what."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._histories: list[History] = []
        self._answers: dict[frozenset[tuple[Key, str]], dict[Key, str]] = {}

    def remember(self, history: History) -> None:
        """Keep the history of a generated run, if there is use for it and room."""
        if self._subject.pattern.consequences is not None and len(self._histories) < HISTORIES_MAX:
            self._histories.append(history)

    def of(self, findings: Mapping[Key, Finding], shown: Sequence[History] = ()) -> dict[Key, str]:
        """Return the findings that are not told by themselves, each with the reason; `shown` are the runs they are of."""
        ask = self._subject.pattern.consequences
        if ask is None or not findings:
            return {}
        asked = frozenset((key, finding.cause) for key, finding in findings.items())
        if asked not in self._answers:
            ordered = dict(sorted(findings.items()))
            self._answers[asked] = dict(ask(ordered, self._subject.profile, [*self._histories, *shown]))
        return self._answers[asked]
