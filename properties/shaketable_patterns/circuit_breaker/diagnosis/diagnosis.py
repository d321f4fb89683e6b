"""The diagnosis of one run: the first thing observed that no declared setting allows, and what it is called.

The accusation is that observation: a call let in or turned away when the declared breaker, in every way that it may be by
then, does the opposite. It has the name of what explains the whole run, if one name alone does; otherwise the name of
what was seen. Nothing in it depends on other runs, or on names.
"""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Finding, Level, Promise
from shaketable_patterns.circuit_breaker.diagnosis.clash import (
    did_not_open,
    sentence_of,
    symptom_of,
    witness_of,
)
from shaketable_patterns.circuit_breaker.diagnosis.explanation import Explanation, Part
from shaketable_patterns.circuit_breaker.facts import Facts, facts_of
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of
from shaketable_patterns.circuit_breaker.promises import CB_3
from shaketable_patterns.circuit_breaker.replay import Clash, Replay, replay


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The findings of all promises that are judged by replay, and the replay that reaches furthest."""

    findings: tuple[Finding, ...]
    run: Replay
    unopened: tuple[Clash, ...]
    """The clashes at which it should have opened and did not, and nothing more specific explains it."""

    def of(self, promise: Promise) -> tuple[Finding, ...]:
        """Return the findings of one promise."""
        return tuple(f for f in self.findings if f.promise == promise.id)


@dataclass(frozen=True, slots=True)
class Diagnose:
    """`history.view(Diagnose(knobs))`: a diagnosis made once for all checkers."""

    knobs: Knobs

    def __call__(self, history: History) -> Diagnosis:
        """Diagnose the history."""
        return _diagnose(facts_of(history), self.knobs)


def diagnosis_of(history: History, profile: Profile) -> Diagnosis:
    """Diagnose a finished history under a declared profile. UsageError for a profile of another pattern."""
    return history.view(Diagnose(knobs_of(profile)))


def _diagnose(facts: Facts, declared: Knobs) -> Diagnosis:
    run = replay(facts, declared)
    if run.clash is None or _ran_twice(facts, run.clash):
        return Diagnosis((), run, ())
    explanation = Explanation(facts, declared, run)
    if explanation.parts:
        findings = [_named(facts, declared, part) for part in explanation.parts]
        unopened = [p.clash for p in explanation.parts if p.hypothesis.unspecific]
    else:
        findings = [_seen(facts, declared, run.clash)]
        unopened = [run.clash]
    unopened = [clash for clash in unopened if did_not_open(facts, clash)]
    return Diagnosis(_first_of_each(findings), explanation.run, tuple(unopened))


def _ran_twice(facts: Facts, clash: Clash) -> bool:
    """Tell whether a function ran twice before: that is told already, and what it did to the state is not told again."""
    return any(0 <= call.again < clash.record.at for call in facts.calls.values())


def _named(facts: Facts, declared: Knobs, part: Part) -> Finding:
    hypothesis, model = part.hypothesis, part.before.model
    promise, anomaly = hypothesis.named(model)
    return Finding(
        promise,
        anomaly,
        f"{sentence_of(facts, part.clash)}; a guess at the cause: {hypothesis.message}",
        witness_of(facts, part.clash, model.quirk_index),
        _level(declared, anomaly, hypothesis.level),
        hypothesis.off_profile,
        cause=hypothesis.key,
    )


def _seen(facts: Facts, declared: Knobs, clash: Clash) -> Finding:
    promise, anomaly, message = symptom_of(facts, clash)
    off_profile = "half_open_limit=unlimited" if promise is CB_3 else ""
    return Finding(
        promise.id,
        anomaly,
        f"{message}: {sentence_of(facts, clash)}",
        witness_of(facts, clash, -1),
        _level(declared, anomaly, "OFF-PROFILE" if off_profile else "VIOLATION"),
        off_profile,
    )


def _level(declared: Knobs, anomaly: str, level: Level) -> Level:
    return "LIMIT" if anomaly in declared.documents else level


def _first_of_each(findings: list[Finding]) -> tuple[Finding, ...]:
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.promise, finding.anomaly), finding)
    return tuple(first.values())
