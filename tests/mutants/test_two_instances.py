"""The story of each mistake that one process hides: two instances behind one address show it, one does not."""

from __future__ import annotations

import pytest

from shaketable.fault import Hold
from shaketable.runner import execute
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.sim.world import SimWorld
from shaketable.subject import Subject
from shaketable_patterns.catalogue import order_subjects
from shaketable_patterns.order_system.machines.values import order_value
from tests.mutants.hidden import two_instances

FIRST, SECOND, THIRD = (order_value(number, 0) for number in (1, 2, 3))
REPEATED_LATER = (
    *(Do("place", value) for value in (FIRST, SECOND, THIRD)),
    Wait(1_000),
    Do("place_again", FIRST),
)
REPEATED_AT_ONCE = (
    Inject(Hold(at="order>postgres INSERT orders #1", leg="request", for_ms=100)),
    Do("place", FIRST),
    Do("place_again", FIRST),
)
STORIES: dict[str, tuple[tuple[Step, ...], tuple[str, str]]] = {
    "caches-keys": (REPEATED_LATER, ("ID-1", "done-key-refused")),
    "locks-in-process": (REPEATED_AT_ONCE, ("ID-2", "double-effect")),
}


def found(subject: Subject, steps: tuple[Step, ...]) -> set[tuple[str, str]]:
    outcome = execute(SimWorld(), subject, Schedule(subject.name, steps))
    return {(finding.promise, finding.anomaly) for finding in outcome.findings}


@pytest.mark.parametrize(
    ("mistake", "alone"),
    list(zip(two_instances.MUTANTS, two_instances.ALONE, strict=True)),
    ids=lambda mistake: mistake.name,
)
def test_two_instances_show_it_and_one_does_not(mistake, alone):
    name = mistake.name.rpartition("/")[2]
    assert alone.name == f"{mistake.name}-alone"
    steps, shown = STORIES[name]
    assert shown in found(mistake.subject, steps)
    assert found(alone, steps) == set()


@pytest.mark.parametrize(
    "name", ["order-saga/hardened-two-instances", "order-consumer/hardened-two-instances"]
)
def test_both_instances_of_a_hardened_service_work_and_no_story_shows_anything(name):
    (subject,) = (one for one in order_subjects() if one.name == name)
    committed = set()
    for steps in (subject.pattern.workload(subject).steps, REPEATED_LATER, REPEATED_AT_ONCE):
        outcome = execute(SimWorld(), subject, Schedule(name, steps))
        assert outcome.findings == []
        committed |= {event.process for event in outcome.history if event.name == "commit"}
    assert committed >= {"order-1", "order-2"}
