"""What one promise amounts to in one history: opportunities counted clause by clause, breaches kept."""

from __future__ import annotations

from shaketable.profile import Profile
from shaketable.verdict import Finding, Judgement, Level, Promise, Reason


class Tally:
    """Counts the opportunities of each clause of a promise and keeps its breaches.

    Of each anomaly the first breach is kept, or a later one whose witness is shorter: one story each is
    what a reader needs, and a history of 100,000 ops must not yield as many findings.
    """

    __slots__ = ("_clause", "_clauses", "_findings", "_promise", "exercised", "profile", "unsettled")

    def __init__(self, promise: Promise, profile: Profile) -> None:
        self._promise = promise
        self.profile = profile
        self._findings: dict[str, Finding] = {}
        self._clauses: dict[str, int] = {}
        self._clause = ""
        self.exercised = 0
        """How often the clause that is being judged could have been broken."""
        self.unsettled = ""
        """In words that the run never became quiet, if what is judged depends on that; then nothing can be said."""

    def begin(self, clause: str) -> None:
        """Count for this clause from now on."""
        self._note()
        self._clause = clause
        self.exercised = self._clauses.setdefault(clause, 0)

    def _note(self) -> None:
        if self._clause or self.exercised:
            self._clauses[self._clause] = self.exercised

    def breach(
        self,
        anomaly: str,
        message: str,
        *witness: int,
        off_profile: str = "",
        documented: bool = False,
        about: tuple[str, ...] = (),
    ) -> None:
        """Record a breach; indices of -1 in the witness mean "no such event" and are left out.

        `about` are the ids it is about, empty ones left out. `off_profile` names the setting that would allow it: then it is no violation,
        but not what was declared. `documented` says that the profile declares this very limit: then it is a LIMIT.
        """
        indices = tuple(sorted({index for index in witness if index >= 0}))
        known = self._findings.get(anomaly)
        if known is None or len(indices) < len(known.witness):
            level: Level = "LIMIT" if documented else "OFF-PROFILE" if off_profile else "VIOLATION"
            ids = tuple(dict.fromkeys(filter(None, about)))
            self._findings[anomaly] = Finding(
                self._promise.id, anomaly, message, indices, level, off_profile, ids
            )

    def judgement(self) -> Judgement:
        """Sum up."""
        reason = Reason("never-quiet", self.unsettled) if self.unsettled else None
        self._note()
        clauses = tuple(self._clauses.items())
        findings = tuple(self._findings.values())
        return Judgement(self._promise.id, sum(self._clauses.values()), findings, reason, clauses)
