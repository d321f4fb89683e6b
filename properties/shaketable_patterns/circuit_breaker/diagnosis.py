"""From a history to named findings: replay, and as long as the breaker clashes with the model, explain why.

An explanation becomes part of the model, so that one defect is reported once and what comes after it is judged
against the breaker as it is. A clash that nothing explains is named by its symptom and ends the judging.

What comes after the first clash is told only if what was made of that one can be trusted: the explanation is none
of those that fit much too easily, and with it the rest of the history makes sense to its end. Otherwise one defect
that has no name here would be told as many that it is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Finding, Level, Promise
from shaketable_patterns.circuit_breaker.facts import Facts, facts_of
from shaketable_patterns.circuit_breaker.hypotheses import Hypothesis
from shaketable_patterns.circuit_breaker.model import HALF_OPEN
from shaketable_patterns.circuit_breaker.profile import Knobs, knobs_of
from shaketable_patterns.circuit_breaker.promises import CB_3
from shaketable_patterns.circuit_breaker.replay import Clash, Replay, replay
from shaketable_patterns.circuit_breaker.symptoms import did_not_open, symptom_of
from shaketable_patterns.circuit_breaker.theory import Effort, best_theory
from shaketable_patterns.circuit_breaker.witness import witness_of, words_of


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The findings of every promise that is judged by replay, and the replay that explains most."""

    findings: tuple[Finding, ...]
    run: Replay
    stayed: tuple[Clash, ...]
    """Where it should have opened and did not, and nothing but that explains it."""

    def of(self, promise: Promise) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.promise == promise.id)


@dataclass(frozen=True, slots=True)
class Diagnose:
    """`history.view(Diagnose(knobs))`: a diagnosis made once for all checkers."""

    knobs: Knobs

    def __call__(self, history: History) -> Diagnosis:
        return _diagnose(facts_of(history), self.knobs)


def diagnosis_of(history: History, profile: Profile) -> Diagnosis:
    """The diagnosis of a finished history under a declared profile; UsageError for a profile of another pattern."""
    return history.view(Diagnose(knobs_of(profile)))


def _diagnose(facts: Facts, declared: Knobs) -> Diagnosis:
    knobs, quirks = declared, frozenset[str]()
    findings: list[Finding] = []
    later: list[Finding] = []
    stayed: list[Clash] = []
    firm = True
    run, effort = replay(facts, knobs), Effort()
    while run.clash is not None:
        clash, theory = run.clash, best_theory(facts, knobs, quirks, run, effort)
        if theory is None:
            new = [_by_symptom(facts, declared, clash)]
        else:
            for hypothesis in theory.parts:
                knobs, quirks = hypothesis.applied(knobs), quirks | hypothesis.quirks
            before = replay(facts, knobs, quirks, run.reached)
            new = [_by_hypothesis(facts, declared, h, clash, before) for h in theory.shown]
        if not findings:
            findings = new
        elif firm:
            later += new
        firm = firm and theory is not None and not theory.easy
        if did_not_open(facts, clash) and (theory is None or theory.easy):
            stayed.append(clash)
        if theory is None:
            break
        run = replay(facts, knobs, quirks)
    if run.clash is None:
        findings += later
    if run.crowd >= 0:
        findings.append(_crowd(declared, run.crowd))
    return Diagnosis(_first_of_each(findings), run, tuple(stayed))


def _by_hypothesis(
    facts: Facts, declared: Knobs, hypothesis: Hypothesis, clash: Clash, before: Replay
) -> Finding:
    """`before`: the replay under the hypothesis up to the clash; its model knows where the quirk made a difference."""
    model = before.model
    of_probe = model.quirk_index >= 0 and model.quirk_state == HALF_OPEN and hypothesis.of_probe
    anomaly = hypothesis.of_probe if of_probe else hypothesis.anomaly
    return Finding(
        hypothesis.promise.id,
        anomaly,
        f"{hypothesis.message}: {words_of(facts, clash)}",
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
        f"{message}: {words_of(facts, clash)}",
        witness_of(facts, clash, -1),
        _level(declared, anomaly, "OFF-PROFILE" if off_profile else "VIOLATION"),
        off_profile,
    )


def _crowd(declared: Knobs, index: int) -> Finding:
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
