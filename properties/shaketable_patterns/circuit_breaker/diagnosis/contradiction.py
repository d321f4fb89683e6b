"""What a finding blames, held against another run: had the breaker that habit, would it have behaved as it did there?"""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Finding
from shaketable_patterns.circuit_breaker.diagnosis.hypotheses import HYPOTHESES
from shaketable_patterns.circuit_breaker.facts import facts_of
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of
from shaketable_patterns.circuit_breaker.replay import replay


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
    blamed = [
        hypothesis
        for hypothesis in HYPOTHESES
        if not hypothesis.easy
        and hypothesis.promise.id == finding.promise
        and finding.message.startswith(f"{hypothesis.message}: ")
    ]
    if not blamed:
        return False
    knobs = knobs_of(profile)
    facts, reached = facts_of(history), history.view(Lawful(knobs))
    runs = (replay(facts, h.applied(knobs), h.quirks, reached) for h in blamed)
    return all(run.clash is not None for run in runs)
