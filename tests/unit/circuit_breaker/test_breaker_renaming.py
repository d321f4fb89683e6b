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
from tests.campaigns import every
from tests.mutants.killing import stored
from tests.quality.cases import breakers_libraries
from tests.quality.cases.breakers_bugs import BUGS, bug

STORED = stored()
MUTANTS = {subject.name: subject for subject in mutants() if subject.name in STORED}
OTHER_NAMES = ("Zurueck", "ListenerFailed", "CancelledError", "TimeoutError", "Rejected", "closed", "Aborted")
"""Among them such as the harness, asyncio, Python and the other breakers use."""


Told = list[tuple[object, ...]]


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


def with_old_names(told: Told, new: str, old: str) -> Told:
    """Return it with the new name, where it stands as an error's, replaced."""
    pattern = re.compile(rf"\b(with|got) {new}\b")
    return [
        tuple(pattern.sub(rf"\1 {old}", one) if isinstance(one, str) else one for one in line)
        for line in told
    ]


def said_of_mutants() -> dict[str, Told]:
    return {name: list(said(subject, STORED[name])) for name, subject in MUTANTS.items()}


def said_of_bugs() -> list[Told]:
    bugs = [bug(name) for name in BUGS]
    return [
        list(said(subject, Schedule(subject.name, steps)))
        for subject in bugs
        for _, steps in scripts(knobs_of(subject.profile))
    ]


@pytest.fixture(scope="module")
def mutants_before() -> dict[str, Told]:
    return said_of_mutants()


@pytest.fixture(scope="module")
def bugs_before() -> list[Told]:
    return said_of_bugs()


@pytest.mark.parametrize("new", OTHER_NAMES)
def test_a_mutant_whose_refusal_has_another_name_is_told_alike(
    new: str, mutants_before: dict[str, Told]
) -> None:
    with renamed({CallNotPermitted: new, CircuitBreaker: "Sicherung", ReferenceAdapter: "Adapter"}):
        after = said_of_mutants()
    for name, told in after.items():
        if new == "ListenerFailed" and name == "breaker/mutant-listener-may-veto":
            continue  # where a listener of the harness raises, an error of that name is taken for its own
        assert with_old_names(told, new, "CallNotPermitted") == mutants_before[name], name
    assert all(mutants_before.values())


@pytest.mark.parametrize("new", every(3, OTHER_NAMES))
def test_a_bug_whose_refusal_has_another_name_is_told_alike(new: str, bugs_before: list[Told]) -> None:
    with renamed({breakers_libraries.Rejected: new}):
        after = said_of_bugs()
    after = [with_old_names(told, new, "Rejected") for told in after]
    assert after == bugs_before
    assert sum(map(bool, bugs_before)) > len(BUGS)
