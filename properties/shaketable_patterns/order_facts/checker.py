"""A checker of one promise over the shared reading, and the tally it fills."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shaketable.history import History, Json
from shaketable.profile import Profile
from shaketable.verdict import Finding, Judgement, Level, Promise, Reason
from shaketable_patterns.order_facts.facts import OrderFacts
from shaketable_patterns.order_facts.reading import read


class Tally:
    """What one promise amounts to in one history: opportunities counted, breaches kept.

    Of each anomaly the first breach is kept, or a later one whose witness is shorter: one story each is
    what a reader needs, and a history of 100,000 ops must not yield as many findings.
    """

    __slots__ = ("_findings", "_promise", "exercised", "profile", "reason")

    def __init__(self, promise: Promise, profile: Profile) -> None:
        self._promise = promise
        self.profile = profile
        self._findings: dict[str, Finding] = {}
        self.exercised = 0
        self.reason: Reason | None = None

    def breach(
        self,
        anomaly: str,
        message: str,
        *witness: int,
        about: tuple[Json, ...] = (),
        off_profile: str = "",
    ) -> None:
        """Record a breach; indices of -1 in the witness mean "no such event" and are left out.

        `about` are the orders, keys, items, ... that it is about: a story leaves out what concerns others.
        `off_profile` names the setting that would allow it: then it is no violation, but not what was declared.
        """
        indices = tuple(sorted({index for index in witness if index >= 0}))
        known = self._findings.get(anomaly)
        if known is None or len(indices) < len(known.witness):
            level: Level = "OFF-PROFILE" if off_profile else "VIOLATION"
            ids = tuple(str(one) for one in about)
            self._findings[anomaly] = Finding(
                self._promise.id, anomaly, message, indices, level, off_profile, ids
            )

    def judgement(self) -> Judgement:
        return Judgement(self._promise.id, self.exercised, tuple(self._findings.values()), self.reason)


@dataclass(frozen=True, slots=True)
class FactsChecker:
    """Judges one promise with `judge`, which sees the reading and fills a tally."""

    promise: Promise
    judge: Callable[[OrderFacts, Tally], None]

    @property
    def promises(self) -> tuple[Promise, ...]:
        return (self.promise,)

    def check(self, history: History, profile: Profile) -> tuple[Judgement, ...]:
        tally = Tally(self.promise, profile)
        facts = history.view(read)
        self.judge(facts, tally)
        if self.promise.kind == "liveness" and facts.unsettled:
            tally.reason = Reason("never-quiet", facts.unsettled)
        return (tally.judgement(),)
