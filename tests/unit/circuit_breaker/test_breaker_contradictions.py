"""One defect is reported as what it is, not as every mistake that would explain a single run of it."""

from __future__ import annotations

import msgspec
from breaker_history import BreakerHistory, document

from shaketable.certificate import PromiseResult
from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.judge.contradictions import Contradictions
from shaketable.history import History
from shaketable.subject import Subject
from shaketable.verdict import Finding, Verdict
from shaketable_patterns.circuit_breaker.diagnosis.contradiction import contradicts
from shaketable_patterns.circuit_breaker.diagnosis.hypotheses import HYPOTHESES
from shaketable_patterns.circuit_breaker.subjects import hardened, mutants

CANCELLED = next(h for h in HYPOTHESES if h.anomaly == "cancelled-counted-as-failure")


def mutant(name: str) -> Subject:
    return next(m for m in mutants() if m.name == f"breaker/mutant-{name}")


def blaming_cancelled() -> Finding:
    message = f"{CANCELLED.message}: call 7 was rejected"
    return Finding("CB-7", CANCELLED.anomaly, message, (), cause=CANCELLED.key)


def run_of(how: str) -> History:
    """Return nine failures and a call that ends as given; ten failures open it."""
    return BreakerHistory().row(1, 9, "fail").row(10, 1, how).row(11, 1, "ok").history


def test_a_run_in_which_a_cancelled_call_counted_nothing_contradicts_that_it_counts() -> None:
    assert contradicts(blaming_cancelled(), document(), run_of("cancelled"))
    assert not contradicts(blaming_cancelled(), document(), run_of("excluded"))
    assert not contradicts(Finding("CB-7", "permit-leaked", "seen", ()), document(), run_of("cancelled"))


def test_what_is_blamed_is_known_by_a_key_of_its_own() -> None:
    keys = [hypothesis.key for hypothesis in HYPOTHESES]
    assert len(set(keys)) == len(keys)
    assert "half_open_limit=unlimited" in keys  # also blamed for what was counted, without a hypothesis


def test_a_finding_is_contradicted_by_its_cause_and_not_by_its_words() -> None:
    worded = msgspec.structs.replace(blaming_cancelled(), message="call 7 was rejected")
    assert contradicts(worded, document(), run_of("cancelled"))
    uncaused = msgspec.structs.replace(blaming_cancelled(), cause="")
    assert not contradicts(uncaused, document(), run_of("cancelled"))


def test_what_many_runs_contradict_is_not_told_and_something_always_is() -> None:
    contradictions = Contradictions(hardened())
    for _ in range(3):
        contradictions.remember(run_of("cancelled"))
    blamed = ("CB-7", CANCELLED.anomaly)
    seen = ("CB-4", "admitted-before-wait")
    findings = {blamed: blaming_cancelled(), seen: Finding(*seen, "it was admitted", ())}
    assert list(contradictions.of(findings)) == [blamed]
    assert contradictions.of({blamed: blaming_cancelled()}) == {}


def verdicts(name: str) -> dict[str, PromiseResult]:
    budget = Budget(runs=150, replays=1)
    result = certify_subject(mutant(name), ComponentWorld(), budget, 0, now_s=lambda: 0.0).result
    return {promise.id: promise for promise in result.promises}


def test_one_permit_too_many_is_told_as_that_and_nothing_else() -> None:
    told = verdicts("one-permit-too-many").items()
    assert [id_ for id_, promise in told if promise.verdict is not Verdict.CERTIFIED] == ["CB-3"]


def test_what_is_contradicted_is_unknown_and_says_why() -> None:
    told = verdicts("keeps-probe-results")
    assert told["CB-1"].verdict is Verdict.VIOLATED
    assert told["CB-7"].verdict is Verdict.UNKNOWN
    assert "of 150 contradict it" in told["CB-7"].reason
