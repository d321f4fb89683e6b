"""What a finding blames, held against another run: had the breaker that habit, would it have behaved as it did there?"""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Finding
from shaketable_patterns.circuit_breaker.facts import facts_of
from shaketable_patterns.circuit_breaker.hypotheses import HYPOTHESES
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of
from shaketable_patterns.circuit_breaker.replay import replay

_BY_KEY = {hypothesis.key: hypothesis for hypothesis in HYPOTHESES}


@dataclass(frozen=True, slots=True)
class Lawful:
    """`history.view(Lawful(knobs))`: how many records fit the declared model."""

    knobs: Knobs

    def __call__(self, history: History) -> int:
        return replay(facts_of(history), self.knobs).reached


def contradicts(finding: Finding, profile: Profile, history: History) -> bool:
    """Whether the part of `history` that fits the declared model does not fit what `finding` says of the breaker.

    False for a finding that says what was seen and no more: only habits can be contradicted.
    """
    blamed = _BY_KEY.get(finding.cause)
    if blamed is None or blamed.easy:
        return False
    knobs = knobs_of(profile)
    facts, reached = facts_of(history), history.view(Lawful(knobs))
    return replay(facts, blamed.applied(knobs), blamed.quirks, reached).clash is not None
