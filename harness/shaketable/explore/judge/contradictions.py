"""Contradictions: a finding that blames a habit of the subject, held against the other runs.

A defect that has no name of its own can look like several that have one, each in some run. The behaviour in all runs
tells them apart: a habit explains every run, so one that many runs contradict is not what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.history import History
from shaketable.subject import Subject
from shaketable.verdict import Finding

HISTORIES_MAX = 150
_CONTRADICTED_SHARE = 0.03
_CONTRADICTED_RUNS = 2
"""More runs than this must contradict a habit: one that a subject has in most cases and not in all is contradicted too."""

Key = tuple[str, str]
"""(promise, anomaly): what makes two findings the same."""


class Contradictions:
    """Keeps the histories of the first runs, for patterns whose findings can be contradicted."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._histories: list[History] = []
        self._counts: dict[Key, int] = {}

    def remember(self, history: History) -> None:
        """Keep the history of a generated run, if there is use for it and room."""
        if self._subject.pattern.contradicts is not None and len(self._histories) < HISTORIES_MAX:
            self._histories.append(history)

    def of(self, findings: Mapping[Key, Finding]) -> dict[Key, str]:
        """Return the contradicted findings, each with the reason; never all of them, for something is wrong."""
        limit = max(_CONTRADICTED_RUNS, _CONTRADICTED_SHARE * len(self._histories))
        counts = {key: self._contradicting(key, finding) for key, finding in findings.items()}
        wrong = {key: count for key, count in counts.items() if count > limit}
        if len(wrong) == len(counts):
            return {}
        return {
            key: f"{key[1]} would explain some runs, and {count} of {len(self._histories)} contradict it"
            for key, count in wrong.items()
        }

    def _contradicting(self, key: Key, finding: Finding) -> int:
        contradicts = self._subject.pattern.contradicts
        if contradicts is None:
            return 0
        if key not in self._counts:
            profile = self._subject.profile
            self._counts[key] = sum(contradicts(finding, profile, h) for h in self._histories)
        return self._counts[key]
