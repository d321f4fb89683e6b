"""One mistake is told once: what it leads to is listed under it, whatever the runs and whatever their order."""

from __future__ import annotations

from itertools import permutations

from breaker_history import BreakerHistory, document, textbook

from shaketable.certificate import PromiseResult
from shaketable.components.world import ComponentWorld
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.judge.contradictions import Contradictions
from shaketable.history import History
from shaketable.subject import Subject
from shaketable.verdict import Finding, Verdict
from shaketable_patterns.circuit_breaker.diagnosis.consequences import consequences
from shaketable_patterns.circuit_breaker.diagnosis.hypotheses import HYPOTHESES
from shaketable_patterns.circuit_breaker.subjects import hardened, mutants
from tests.campaigns import campaign

CANCELLED = next(h for h in HYPOTHESES if h.anomaly == "cancelled-counted-as-failure")
BLAMED = ("CB-7", CANCELLED.anomaly)
SEEN = ("CB-4", "admitted-before-wait")


def mutant(name: str) -> Subject:
    return next(m for m in mutants() if m.name == f"breaker/mutant-{name}")


def blaming_cancelled() -> Finding:
    return Finding("CB-7", CANCELLED.anomaly, "call 7 was rejected", (), cause=CANCELLED.key)


def run_of(how: str) -> History:
    """Return nine failures and a call that ends as given; ten failures open it."""
    return BreakerHistory().row(1, 9, "fail").row(10, 1, how).row(11, 1, "ok").history


def counted(how: str) -> History:
    """Return two failures and a call that ends as given and opens it, though three failures are needed."""
    return BreakerHistory().row(1, 2, "fail").row(3, 1, how).says("open").reject(4).history


def test_what_is_blamed_is_known_by_a_key_of_its_own() -> None:
    keys = [hypothesis.key for hypothesis in HYPOTHESES]
    assert len(set(keys)) == len(keys)


def test_a_cause_that_many_runs_contradict_is_withdrawn_and_something_is_always_told() -> None:
    findings = {BLAMED: blaming_cancelled(), SEEN: Finding(*SEEN, "it was admitted", ())}
    told = consequences(findings, document(), [run_of("cancelled")] * 3)
    assert list(told) == [BLAMED]
    assert "3 of 3 contradict it" in told[BLAMED]
    assert consequences({BLAMED: blaming_cancelled()}, document(), [run_of("cancelled")] * 3) == {}


def test_what_one_cause_explains_follows_from_it_in_whatever_order_the_runs_come() -> None:
    early = Finding("CB-1", "tripped-early", "it rejected", ())
    findings = {("CB-1", "tripped-early"): early, BLAMED: blaming_cancelled()}
    runs = [counted("cancelled"), run_of("ok"), BreakerHistory().row(1, 2, "ok").history]
    told = [consequences(findings, textbook(), order) for order in permutations(runs[:1] + runs[2:])]
    assert [list(one) for one in told] == [[("CB-1", "tripped-early")]] * len(told)
    assert "follows from CB-7 cancelled-counted-as-failure" in told[0]["CB-1", "tripped-early"]


def test_the_harness_asks_the_pattern_with_the_runs_that_it_remembers() -> None:
    contradictions = Contradictions(hardened())
    for _ in range(3):
        contradictions.remember(run_of("cancelled"))
    findings = {BLAMED: blaming_cancelled(), SEEN: Finding(*SEEN, "it was admitted", ())}
    assert list(contradictions.of(findings)) == [BLAMED]


def verdicts(name: str, runs: int) -> dict[str, PromiseResult]:
    budget = Budget(runs=runs, replays=1)
    result = certify_subject(mutant(name), ComponentWorld(), budget, 0, now_s=lambda: 0.0).result
    return {promise.id: promise for promise in result.promises}


def test_one_permit_too_many_is_told_as_that_and_nothing_else() -> None:
    told = verdicts("one-permit-too-many", runs=75).items()
    assert [id_ for id_, promise in told if promise.verdict is Verdict.VIOLATED] == ["CB-3"]
    behind = [promise.reason for _, promise in told if promise.verdict is Verdict.UNKNOWN]
    assert all("one mistake is told once" in reason or "contradict it" in reason for reason in behind)


@campaign
def test_a_mistake_without_a_name_is_told_as_what_is_seen_most() -> None:
    told = verdicts("keeps-probe-results", runs=150)
    violated = [id_ for id_, promise in told.items() if promise.verdict is Verdict.VIOLATED]
    assert "CB-1" in violated
    assert not {"CB-2", "CB-3", "CB-7", "CB-8"} & set(violated)
    assert "one mistake is told once" in told["CB-3"].reason
