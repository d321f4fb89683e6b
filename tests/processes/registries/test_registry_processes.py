"""A registry and its services as real processes: its promises hold and break there, and no run sees what the last one left in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shaketable.fault import Crash
from shaketable.runner import Outcome, execute
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable.world import World
from shaketable.world_choice import close_worlds, world_for
from shaketable_patterns.discovery.profile import HURRIED
from shaketable_patterns.discovery.subjects import FAST, subject_of, subjects
from shaketable_patterns.discovery.system import discovery
from shaketable_patterns.discovery.values import look, settled_ms
from shaketable_patterns.service_registry.bounds import Bounds
from shaketable_targets.discovery.mutants.desks import FetchesOnce
from shaketable_targets.discovery.settings import MEMBERS
from tests.processes.started import needs_the_extra

pytestmark = needs_the_extra
BOUNDS = Bounds(HURRIED)
SETTLED = Wait(settled_ms(BOUNDS))
BACK = Wait(BOUNDS.back_ms(is_direct=False) + 1_000)
MOVES = (SETTLED, *look(), Inject(Crash(service="rooms-2", down_ms=1_000)), BACK, *look(), Wait(1_000))


def run(subject: Subject, *steps: Step) -> Outcome:
    world: World = world_for(subject, "processes")
    return execute(world, subject, Schedule(subject.name, steps))


def listed(outcome: Outcome) -> list[set[str]]:
    answers = [op.result["body"]["instances"] for op in outcome.history.ops() if op.name in ("who", "apps")]
    return [{one["id"] for one in answer} for answer in answers]


@pytest.fixture
def hardened() -> Iterator[Subject]:
    yield next(subject for subject in subjects() if subject.name == FAST)
    close_worlds()


@pytest.fixture
def fetching_once() -> Iterator[Subject]:
    yield subject_of("discovery/fetches-once", discovery("FAST", desk=FetchesOnce), HURRIED, "")
    close_worlds()


def test_no_run_sees_who_took_leave_in_the_last_one(hardened):
    left = run(hardened, SETTLED, Do("leave", {"at": MEMBERS[0]}), BACK, *look(), Wait(1_000))
    assert listed(left) == [set(MEMBERS[1:])] * 4
    again = run(hardened, *MOVES)
    assert listed(again) == [set(MEMBERS)] * 8
    assert not left.findings
    assert not again.findings


@pytest.mark.campaign
def test_a_client_that_fetches_once_is_found_there_too(fetching_once):
    told = Wait(4 * BOUNDS.shown_ms(is_direct=False))
    found = run(fetching_once, SETTLED, Do("leave", {"at": MEMBERS[0]}), told, *look(), Wait(1_000)).findings
    assert {(finding.promise, finding.anomaly) for finding in found} == {("SR-3", "still-listed")}
