"""The diagnosis: replay a history, and as long as the breaker clashes with the model, explain the clash.

An explanation becomes part of the model, so that one defect is reported once and what comes after it is judged
against the breaker as it is. A clash that nothing explains is named by its symptom and ends the diagnosis.

What comes after the first clash is reported only if the explanation of that one can be trusted: it is not
unspecific, and under it the rest of the history fits to its end. Otherwise a single defect without a name here would
be reported as many others.
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
from shaketable_patterns.circuit_breaker.diagnosis.explanation import Effort, best_explanation
from shaketable_patterns.circuit_breaker.diagnosis.hypothesis import Hypothesis
from shaketable_patterns.circuit_breaker.facts import Facts, facts_of
from shaketable_patterns.circuit_breaker.model import HALF_OPEN
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
    knobs, quirks = declared, frozenset[str]()
    findings: list[Finding] = []
    later: list[Finding] = []
    unopened: list[Clash] = []
    trusted = True
    run, effort = replay(facts, knobs), Effort()
    while run.clash is not None:
        clash, explanation = run.clash, best_explanation(facts, knobs, quirks, run, effort)
        if explanation is None:
            new = [_by_symptom(facts, declared, clash)]
        else:
            for hypothesis in explanation.parts:
                knobs, quirks = hypothesis.applied(knobs), quirks | hypothesis.quirks
            before = replay(facts, knobs, quirks, run.reached)
            new = [_by_hypothesis(facts, declared, h, clash, before) for h in explanation.blamed]
        if not findings:
            findings = new
        elif trusted:
            later += new
        trusted = trusted and explanation is not None and not explanation.unspecific
        if did_not_open(facts, clash) and (explanation is None or explanation.unspecific):
            unopened.append(clash)
        if explanation is None:
            break
        run = replay(facts, knobs, quirks)
    if run.clash is None:
        findings += later
    if run.overadmitted >= 0:
        findings.append(_overadmission(declared, run.overadmitted))
    return Diagnosis(_first_of_each(findings), run, tuple(unopened))


def _by_hypothesis(
    facts: Facts, declared: Knobs, hypothesis: Hypothesis, clash: Clash, before: Replay
) -> Finding:
    """Make a finding of a hypothesis.

    `before` is the replay under it up to the clash; its model knows where the quirk made a difference.
    """
    model = before.model
    of_probe = model.quirk_index >= 0 and model.quirk_state == HALF_OPEN and hypothesis.of_probe
    anomaly = hypothesis.of_probe if of_probe else hypothesis.anomaly
    return Finding(
        hypothesis.promise.id,
        anomaly,
        f"{hypothesis.message}: {sentence_of(facts, clash)}",
        witness_of(facts, clash, model.quirk_index),
        _level(declared, anomaly, hypothesis.level),
        hypothesis.off_profile,
        cause=hypothesis.key,
    )


def _by_symptom(facts: Facts, declared: Knobs, clash: Clash) -> Finding:
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


def _overadmission(declared: Knobs, index: int) -> Finding:
    permitted = max(1, declared.half_open_permits)
    return Finding(
        CB_3.id,
        "half-open-overadmission",
        f"half-open admits without limit: {permitted + 1} of its calls were in flight at once",
        (index,),
        _level(declared, "half-open-overadmission", "OFF-PROFILE"),
        "half_open_limit=unlimited",
        cause="half_open_limit=unlimited",
    )


def _level(declared: Knobs, anomaly: str, level: Level) -> Level:
    return "LIMIT" if anomaly in declared.documented.split() else level


def _first_of_each(findings: list[Finding]) -> tuple[Finding, ...]:
    first: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        first.setdefault((finding.promise, finding.anomaly), finding)
    return tuple(first.values())
