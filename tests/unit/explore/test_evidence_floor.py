"""The floor of evidence: few runs, few faults and ops that were never answered certify nothing."""

from __future__ import annotations

from collections import Counter

import pytest
from counter_subject import ToyWorld, counter

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.judge.evidence_floor import ASKED_MIN, RUNS_MIN, Strikes, never_answered, too_little
from shaketable.verdict import Verdict
from shaketable_patterns.catalogue import subjects

SYSTEM = next(subject for subject in subjects() if subject.name == "order-saga/hardened")
COMPONENT = next(subject for subject in subjects() if subject.name == "breaker/hardened")


def strikes(*runs: dict[tuple[str, str, str], int], needs_faults: bool = True) -> Strikes:
    found = Strikes()
    for landed in runs:
        found.add(landed, needs_faults=needs_faults)
    return found


VARIED = ({("a>b GET", "drop", "request"): 1}, {("b", "crash", ""): 2})


def test_two_runs_certify_nothing():
    result = certify_subject(counter(), ToyWorld(), Budget(runs=2), 0, now_s=lambda: 0.0).result
    assert result.verdict is Verdict.UNKNOWN
    assert {promise.reason_kind for promise in result.promises} <= {"too-little-evidence", "never-exercised"}


@pytest.mark.parametrize("runs", [RUNS_MIN, RUNS_MIN + 5])
def test_enough_runs_under_varied_faults_are_enough(runs):
    assert too_little(SYSTEM, strikes(*(VARIED * runs)[:runs])) is None


def test_a_run_in_which_no_fault_landed_is_no_evidence_of_a_system():
    lacking = too_little(SYSTEM, strikes(*[{}] * 100, *VARIED))
    assert lacking is not None
    assert f"in 2 runs in which a fault landed, of {RUNS_MIN}" in lacking.text


def test_one_kind_of_fault_at_one_place_is_too_little():
    lacking = too_little(SYSTEM, strikes(*[VARIED[0]] * 100))
    assert lacking is not None
    assert "1 kinds" in lacking.text
    assert "1 places" in lacking.text


def test_a_component_needs_runs_and_no_faults():
    assert too_little(COMPONENT, strikes(*[{}] * RUNS_MIN, needs_faults=False)) is None
    assert too_little(COMPONENT, strikes(*[{}] * (RUNS_MIN - 1), needs_faults=False)) is not None


def ended(**names: tuple[int, int, int]) -> Counter[tuple[str, str]]:
    return Counter(
        {
            (name, kind): n
            for name, counts in names.items()
            for kind, n in zip(("ok", "fail", "info"), counts, strict=True)
        }
    )


def test_an_op_that_never_ended_ok_and_mostly_unknown_is_doubted():
    doubt = never_answered(ended(place=(0, 4, ASKED_MIN), redrive=(50, 0, 0)))
    assert doubt is not None
    assert doubt.text.startswith("place was asked")


def test_an_op_that_is_refused_as_it_should_be_is_not_doubted():
    assert never_answered(ended(place=(50, 0, 3), misuse=(0, 40, 9))) is None


def test_an_op_that_was_hardly_asked_is_not_doubted():
    assert never_answered(ended(place=(50, 0, 3), rare=(0, 0, ASKED_MIN - 1))) is None


def test_a_search_without_one_ok_proves_nothing():
    doubt = never_answered(ended(place=(0, 500, 0)))
    assert doubt is not None
    assert "no op ever ended ok" in doubt.text
