"""No finding and no story of a breaker knows a name: with other names of its class and its errors they say the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.report.story.story import story_of
from shaketable.report.story.text import plain_story
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable_patterns.circuit_breaker.calibration_scripts import scripts
from shaketable_patterns.circuit_breaker.profile import knobs_of
from shaketable_patterns.circuit_breaker.subjects import ReferenceAdapter, mutants
from shaketable_targets.breakers.reference import CallNotPermitted, CircuitBreaker
from tests.mutants.killing import stored
from tests.quality.cases import breakers_libraries
from tests.quality.cases.breakers_bugs import BUGS, bug

STORED = stored()
MUTANTS = {subject.name: subject for subject in mutants() if subject.name in STORED}
OTHER_NAMES = ("Zurueck", "ListenerFailed", "CancelledError", "TimeoutError", "Rejected", "closed", "Aborted")
"""Among them such as the harness, asyncio, Python and the other breakers use."""


def said(subject: Subject, schedule: Schedule) -> Iterator[tuple[object, ...]]:
    outcome = execute(ComponentWorld(), subject, schedule)
    for finding in outcome.findings:
        story = story_of(subject, schedule, outcome.history, finding, outcome.boundaries)
        told = " ".join(plain_story(story, width=400).split())
        yield finding.promise, finding.anomaly, finding.witness, finding.message, told


@contextmanager
def renamed(names: dict[type, str]) -> Iterator[None]:
    """Give these classes other names in here."""
    before = {one: one.__name__ for one in names}
    for one, name in names.items():
        one.__name__ = name
    try:
        yield
    finally:
        for one, name in before.items():
            one.__name__ = name


def with_old_names(told: list[tuple[object, ...]], new: str, old: str) -> list[tuple[object, ...]]:
    """Return it with the new name, where it stands as an error's, replaced."""
    pattern = re.compile(rf"\b(with|got) {new}\b")
    return [
        tuple(pattern.sub(rf"\1 {old}", one) if isinstance(one, str) else one for one in line)
        for line in told
    ]


@pytest.mark.parametrize("new", OTHER_NAMES)
def test_a_mutant_whose_refusal_has_another_name_is_told_alike(new: str) -> None:
    before = {name: list(said(subject, STORED[name])) for name, subject in MUTANTS.items()}
    with renamed({CallNotPermitted: new, CircuitBreaker: "Sicherung", ReferenceAdapter: "Adapter"}):
        after = {name: list(said(subject, STORED[name])) for name, subject in MUTANTS.items()}
    for name, told in after.items():
        if new == "ListenerFailed" and name == "breaker/mutant-listener-may-veto":
            continue  # where a listener of the harness raises, an error of that name is taken for its own
        assert with_old_names(told, new, "CallNotPermitted") == before[name], name
    assert all(before.values())


@pytest.mark.parametrize("new", OTHER_NAMES)
def test_a_bug_whose_refusal_has_another_name_is_told_alike(new: str) -> None:
    runs = [(bug(name), name) for name in BUGS]
    schedules = [
        (subject, Schedule(subject.name, steps))
        for subject, _ in runs
        for _, steps in scripts(knobs_of(subject.profile))
    ]
    before = [list(said(subject, schedule)) for subject, schedule in schedules]
    with renamed({breakers_libraries.Rejected: new}):
        after = [list(said(subject, schedule)) for subject, schedule in schedules]
    after = [with_old_names(told, new, "Rejected") for told in after]
    assert after == before
    assert sum(map(bool, before)) > len(BUGS)
