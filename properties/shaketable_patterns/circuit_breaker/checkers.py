"""The checkers of the pattern, in the order of its promises."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shaketable.checker import Checker
from shaketable.history import History
from shaketable.profile import Profile
from shaketable.verdict import Finding, Judgement, Promise
from shaketable_patterns.circuit_breaker.blocking import waiting
from shaketable_patterns.circuit_breaker.changed_results import Compare
from shaketable_patterns.circuit_breaker.diagnosis.diagnosis import diagnosis_of
from shaketable_patterns.circuit_breaker.facts import facts_of
from shaketable_patterns.circuit_breaker.monotone_admission import Monotone
from shaketable_patterns.circuit_breaker.profile import knobs_of
from shaketable_patterns.circuit_breaker.promises import CB_0, CB_6, CB_8, CB_9, CB_10, PROMISES
from shaketable_patterns.circuit_breaker.recovery import Recovery


class ResultChecker:
    """CB-0."""

    promises = (CB_0,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        results = history.view(Compare(knobs_of(profile)))
        return [Judgement(CB_0.id, results.exercised, results.changed)]


@dataclass(frozen=True, slots=True)
class BehaviourChecker:
    """CB-1 to CB-5 and CB-7: the promises that the model decides alone, by what was admitted and rejected."""

    promises: tuple[Promise, ...]

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        diagnosis = diagnosis_of(history, profile)
        tested = diagnosis.run.tested
        return [_judgement(p, tested[p.id], diagnosis.of(p)) for p in self.promises]


class MonotoneChecker:
    """CB-6."""

    promises = (CB_6,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        monotone = Monotone(diagnosis_of(history, profile))
        return [_judgement(CB_6, monotone.exercised, monotone.findings)]


class RecoveryChecker:
    """CB-8."""

    promises = (CB_8,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        diagnosis = diagnosis_of(history, profile)
        recovery = Recovery(history, diagnosis)
        return [_judgement(CB_8, recovery.exercised, diagnosis.of(CB_8) + recovery.findings)]


class ListenerChecker:
    """CB-9."""

    promises = (CB_9,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        diagnosis = diagnosis_of(history, profile)
        changed = history.view(Compare(knobs_of(profile))).changed_by_listener
        return [_judgement(CB_9, facts_of(history).listener_raised, diagnosis.of(CB_9) + changed)]


class WaitingChecker:
    """CB-10."""

    promises = (CB_10,)

    def check(self, history: History, profile: Profile) -> Sequence[Judgement]:
        diagnosis = diagnosis_of(history, profile)
        found = waiting(history, diagnosis, knobs_of(profile))
        return [_judgement(CB_10, diagnosis.run.tested[CB_10.id], found)]


def _judgement(promise: Promise, exercised: int, findings: tuple[Finding, ...]) -> Judgement:
    return Judgement(promise.id, max(exercised, len(findings)), findings)


CHECKERS: tuple[Checker, ...] = (
    ResultChecker(),
    BehaviourChecker(PROMISES[1:6]),
    MonotoneChecker(),
    BehaviourChecker(PROMISES[7:8]),
    RecoveryChecker(),
    ListenerChecker(),
    WaitingChecker(),
)
