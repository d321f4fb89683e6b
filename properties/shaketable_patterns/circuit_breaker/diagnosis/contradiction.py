"""The contradiction of a finding: a run in which the breaker cannot have had the mistake or setting that is blamed."""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Finding
from shaketable_patterns.circuit_breaker.diagnosis.hypotheses import HYPOTHESES
from shaketable_patterns.circuit_breaker.facts import facts_of
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of
from shaketable_patterns.circuit_breaker.replay import replay

_BY_KEY = {hypothesis.key: hypothesis for hypothesis in HYPOTHESES}


@dataclass(frozen=True, slots=True)
class FittingRecords:
    """`history.view(FittingRecords(knobs))`: the number of records that fit the declared model."""

    knobs: Knobs

    def __call__(self, history: History) -> int:
        """Replay the history up to its first clash."""
        return replay(facts_of(history), self.knobs).reached


def contradicts(finding: Finding, profile: Profile, history: History) -> bool:
    """Tell whether the part of `history` that fits the declared model cannot come of what `finding` blames.

    False for a finding that blames no hypothesis, and says only what was seen.
    """
    blamed = _BY_KEY.get(finding.cause)
    if blamed is None or blamed.unspecific:
        return False
    knobs = knobs_of(profile)
    facts, reached = facts_of(history), history.view(FittingRecords(knobs))
    return replay(facts, blamed.applied(knobs), blamed.quirks, reached).clash is not None
