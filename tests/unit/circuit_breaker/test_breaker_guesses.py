"""Guesses at a cause: no library is told to count outcomes wrongly that it does not count, where something else looks the same."""

from __future__ import annotations

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.runner import execute
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.verdict import Finding
from shaketable_patterns.circuit_breaker.subjects import libraries

LIBRARIES = {subject.name: subject for subject in libraries()}
OPEN_MS = 10_000


def call(number: int, how: str = "ok") -> tuple[Step, Step]:
    return Do("start", {"call": number}), Do("finish", {"call": number, "with": how})


def of_cb_7(name: str, *steps: Step) -> list[Finding]:
    if name not in LIBRARIES:
        pytest.skip(f"{name} is not installed here")
    subject = LIBRARIES[name]
    outcome = execute(ComponentWorld(), subject, Schedule(name, steps))
    return [finding for finding in outcome.findings if finding.promise == "CB-7"]


def test_what_another_setting_explains_as_far_as_anyone_can_tell_is_no_mistake_of_one_state() -> None:
    """What a group of exceptions counts as is the breaker's choice, so many states are possible, and the replay is lost."""
    tripped = (*call(1, "fail"), *call(2, "fail"), *call(3, "fail"), Wait(OPEN_MS), *call(4, "excluded"))
    groups = (
        *call(5, "group"),
        *call(6, "group"),
        *call(7, "excluded"),
        *call(8, "group"),
        *call(9, "excluded"),
    )
    last = (*call(10, "group"), Do("start", {"call": 11}), *call(12, "group"), *call(13, "group"))
    (finding,) = of_cb_7("breaker/aiobreaker", *tripped, *groups, *last)
    assert (finding.anomaly, finding.level) == ("excluded-counted-as-success", "OFF-PROFILE")


def test_two_settings_that_look_like_an_outcome_that_counts_wrongly_are_not_taken_for_it() -> None:
    before = (
        *call(1, "excluded"),
        Do("start", {"call": 2}),
        *call(3, "fail"),
        *call(4, "fail"),
        *call(5, "fail"),
    )
    probes = (
        Wait(OPEN_MS),
        Do("start", {"call": 6}),
        Do("finish", {"call": 2, "with": "fail"}),
        Wait(OPEN_MS),
    )
    later = (
        Do("start", {"call": 7}),
        Do("finish", {"call": 6, "with": "excluded"}),
        Do("start", {"call": 8}),
    )
    ended = (Do("finish", {"call": 7, "with": "ok"}), Do("finish", {"call": 8, "with": "ok"}))
    assert of_cb_7("breaker/hyx", *before, *probes, *later, *ended) == []
