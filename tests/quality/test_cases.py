"""Systems and schedules that came out wrong once: correct ones are certified, wrong ones violated by the right promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from shaketable.certificate import SubjectResult
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.report.schedule_file import load
from shaketable.runner import execute
from shaketable.sim.world import SimWorld
from shaketable.subject import Subject
from shaketable.verdict import Verdict
from shaketable_patterns.catalogue import subjects
from tests.mutants.killing import killers, stored
from tests.quality.cases import orders

CASES = Path(__file__).parent / "cases"
STORED = stored()
SHIPPED = {subject.name: subject for subject in subjects()}


def certified(subject: Subject, runs: int) -> SubjectResult:
    budget = Budget(runs=runs, replays=1, shrink_executions=60)
    return certify_subject(subject, SimWorld(), budget, 0, now_s=lambda: 0.0).result


def broken(result: SubjectResult) -> set[str]:
    return {promise.id for promise in result.promises if promise.verdict is Verdict.VIOLATED}


@pytest.mark.parametrize("file", ["held-commit", "calm-keys", "doubled-request"])
def test_a_schedule_that_was_held_against_a_correct_subject_breaks_nothing(file):
    schedule = load(CASES / f"{file}.json")
    subject = SHIPPED[schedule.subject]
    assert execute(SimWorld(), subject, schedule).findings == []


@pytest.mark.parametrize("make", [orders.sweeps_done, orders.ids_unique_per_service])
def test_a_correct_variation_is_not_accused(make):
    result = certified(make(), 300)
    assert broken(result) == set()
    assert {p.id for p in result.promises if p.verdict is Verdict.CERTIFIED} >= {"OB-2", "OB-3", "OB-5"}


@pytest.mark.parametrize(
    ("make", "runs", "promise"),
    [
        (orders.sweeps_all, 100, "OB-2"),
        (orders.ids_of_the_cause, 1, "SG-5"),
    ],
)
def test_a_wrong_variation_is_violated(make, runs, promise):
    assert promise in broken(certified(make(), runs))


@pytest.mark.parametrize(
    ("make", "promise"),
    [
        (orders.inbox_forgets, "ID-2"),
        (orders.refund_already_done, "DL-2"),
        (orders.redrives_first_only, "DL-2"),
    ],
)
def test_a_wrong_variation_is_violated_by_the_schedule_that_a_search_found(make, promise):
    assert promise in killers(make(), STORED[make.__name__])


def test_what_is_told_of_a_swept_outbox_is_a_row_that_was_never_sent():
    examined = certify_subject(
        orders.sweeps_all(),
        SimWorld(),
        Budget(runs=100, replays=1, shrink_executions=60),
        3,
        now_s=lambda: 0.0,
    )
    (example,) = next(p for p in examined.result.promises if p.id == "OB-2").counterexamples
    history = examined.histories[example.file]
    told = history[example.finding.witness[0]].value["writes"]
    (row,) = [
        row for _, table, row in told if table == "outbox" and row["aggregate"] in example.finding.about
    ]
    states = [
        (verb, written["status"])
        for event in history
        if event.name == "commit"
        for verb, table, written in event.value["writes"]
        if table == "outbox" and written["event_id"] == row["event_id"]
    ]
    assert states[-1][0] == "delete"
    assert {status for _, status in states} == {"PENDING"}


def test_a_defect_that_needs_no_fault_has_a_story_without_one():
    result = certified(orders.ids_of_the_cause(), 1)
    (example,) = next(p for p in result.promises if p.id == "SG-5").counterexamples
    assert [type(step).__name__ for step in example.schedule.steps] == ["Do"]


def test_a_system_that_never_says_yes_is_unknown():
    result = certified(orders.every_answer_is_503(), 60)
    assert broken(result) == set()
    assert not any(promise.verdict is Verdict.CERTIFIED for promise in result.promises)
