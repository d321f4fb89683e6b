"""Correct orchestrators unlike the hardened one are not accused, and each defect of the listed one has its story of two steps."""

from __future__ import annotations

import pytest

from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.generate.drawn_faults import LEGS
from shaketable.fault import CrashSender, Drop
from shaketable.runner import crossed, execute
from shaketable.schedule import Do, Inject, Schedule, Wait
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects
from shaketable_patterns.order_system.machines.values import OUT_OF_STOCK, order_value
from tests.campaigns import every
from tests.quality.cases.orchestrated_correct import orchestrated_correct

RUNS = 40
SUBJECTS = {subject.name: subject for subject in order_subjects()}
LISTED = SUBJECTS["order-saga/as-listed-orchestrated"]
HARDENED = ("hardened", "hardened-two-instances", "hardened-over-kafka")
PLACE, PLACE_TOO_MANY = Do("place", order_value(1, 0)), Do("place", order_value(1, OUT_OF_STOCK))
DEFECTS = {
    "its state is in memory": (
        (PLACE, Inject(CrashSender(at="order>payment POST /payments #1", leg="request"))),
        {("SG-5", "stranded-saga"), ("SG-8", "not-resumed")},
    ),
    "pay timed out and was done": (
        (PLACE, Inject(Drop(at="order>payment POST /payments #1", leg="reply"))),
        {("SG-1", "money-kept"), ("SG-4", "cancelled-before-refund")},
    ),
    "a refund that fails is not repeated": (
        (PLACE_TOO_MANY, Inject(Drop(at="order>payment POST /refunds #1", leg="request"))),
        {("SG-5", "stranded-saga")},
    ),
    "a confirmation that fails is not repeated": (
        (PLACE, Inject(Drop(at="order>postgres UPDATE orders #1", leg="request"))),
        {("SG-5", "stranded-saga")},
    ),
}


@pytest.mark.parametrize("subject", every(4, orchestrated_correct()), ids=lambda subject: subject.name)
def test_a_correct_orchestrator_is_not_accused(subject):
    world = SimWorld()
    assert subject.pattern.calibrate(subject, lambda s: execute(world, subject, s).history) == []
    result = certify_subject(subject, world, Budget(runs=RUNS, replays=1), 1, now_s=lambda: 0.0).result
    assert [(p.id, e.finding.anomaly) for p in result.promises for e in p.counterexamples] == []


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_of_the_listed_orchestrator_is_a_story_of_two_steps(defect):
    steps, shown = DEFECTS[defect]
    found = execute(SimWorld(), LISTED, Schedule(LISTED.name, steps)).findings
    assert {(finding.promise, finding.anomaly) for finding in found} == shown


@pytest.mark.parametrize("name", HARDENED)
@pytest.mark.parametrize("kind", [2, 3, OUT_OF_STOCK, 5])
def test_a_durable_orchestrator_goes_on_after_a_crash_between_any_two_of_its_messages(name, kind):
    subject = SUBJECTS[f"order-orchestration/{name}"]
    place, world = Do("place", order_value(1, kind)), SimWorld()
    quiet = Schedule(subject.name, (place, Wait(20_000)))
    own = [one for one in crossed(world, subject, quiet) if one.route.sender == "orchestrator"]
    assert len(own) > 15
    for at in own:
        for leg in LEGS:
            crash = Inject(CrashSender(at=str(at), leg=leg))
            outcome = execute(world, subject, Schedule(subject.name, (place, crash)))
            assert (outcome.findings, outcome.unknown) == ([], ""), (str(at), leg)
            assert any(event.kind == "crash" for event in outcome.history), (str(at), leg)
