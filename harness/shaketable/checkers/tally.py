"""What one promise amounts to in one history: opportunities counted clause by clause, breaches kept."""

from __future__ import annotations

from collections import Counter

from shaketable.profile import Profile
from shaketable.verdict import Finding, Judgement, Level, Promise, Reason


class Tally:
    """Counts the opportunities of each clause of a promise and keeps its breaches.

    Of each anomaly the first breach is kept, or a later one whose witness is shorter: one story each is
    what a reader needs, and a history of 100,000 ops must not yield as many findings.
    """

    __slots__ = ("_findings", "_promise", "clause", "clauses", "profile", "unsettled")

    def __init__(self, promise: Promise, profile: Profile) -> None:
        self._promise = promise
        self.profile = profile
        self._findings: dict[str, Finding] = {}
        self.clauses: Counter[str] = Counter()
        self.clause = ""
        """The clause that is being judged."""
        self.unsettled = ""
        """In words that the run never became quiet, if what is judged depends on that; then nothing can be said."""

    @property
    def exercised(self) -> int:
        """How often the clause that is being judged could have been broken."""
        return self.clauses[self.clause]

    @exercised.setter
    def exercised(self, count: int) -> None:
        self.clauses[self.clause] = count

    def breach(
        self, anomaly: str, message: str, *witness: int, off_profile: str = "", about: tuple[str, ...] = ()
    ) -> None:
        """Record a breach; indices of -1 in the witness mean "no such event" and are left out.

        `about` are the ids it is about, empty ones left out. `off_profile` names the setting that would allow it: then it is no violation,
        but not what was declared.
        """
        indices = tuple(sorted({index for index in witness if index >= 0}))
        known = self._findings.get(anomaly)
        if known is None or len(indices) < len(known.witness):
            level: Level = "OFF-PROFILE" if off_profile else "VIOLATION"
            ids = tuple(dict.fromkeys(filter(None, about)))
            self._findings[anomaly] = Finding(
                self._promise.id, anomaly, message, indices, level, off_profile, ids
            )

    def judgement(self) -> Judgement:
        """Sum up."""
        reason = Reason("never-quiet", self.unsettled) if self.unsettled else None
        clauses = tuple(self.clauses.items())
        findings = tuple(self._findings.values())
        return Judgement(self._promise.id, self.clauses.total(), findings, reason, clauses)
