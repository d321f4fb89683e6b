"""The order defects inside one object: found under a policy, shrunk to at most three deviations, and their twins are right."""

from __future__ import annotations

import pytest

from shaketable.components.world import ComponentWorld
from shaketable.explore.shrink.shrinker import Limits, Shrunk, shrink
from shaketable.orders.policy import PolicyName
from shaketable.runner import execute
from shaketable.schedule import Do, Schedule, Step, Wait
from shaketable.subject import Subject
from tests.bench.component_orders import searched
from tests.mutants.orders.components import DEFECTS, ComponentDefect

ALL: tuple[PolicyName, ...] = ("surw", "pos", "random-walk")
RUNS_MAX = 100
of_each = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)


def breaks(subject: Subject, defect: ComponentDefect, schedule: Schedule) -> bool:
    """Tell whether the subject breaks the promise of the defect, as a replay of a stored schedule would show it."""
    outcome = execute(ComponentWorld(), subject, schedule)
    return any(finding.promise == defect.kills for finding in outcome.findings)


def without_marks(schedule: Schedule) -> Schedule:
    """Return the schedule without what lets calls overlap in the calm order."""
    steps = tuple(_plain(step) for step in schedule.steps)
    return Schedule(schedule.subject, steps).with_deviations(schedule.deviations or ())


def _plain(step: Step) -> Step:
    if not isinstance(step, Do) or not isinstance(step.value, dict):
        return step
    marks = ("with_next", "lines", "stop_at")
    return Do(step.f, {key: value for key, value in step.value.items() if key not in marks})


def shrunk(defect: ComponentDefect) -> Shrunk:
    """Return the shortest schedule of the first run of a search in which every run is under a policy."""
    found = searched(defect, ALL, 1, RUNS_MAX).found
    assert found is not None
    return shrink(without_marks(found), lambda one: breaks(defect.wrong, defect, one), Limits(500))


@of_each
def test_it_is_found_under_policies_and_shrunk_to_at_most_three_deviations(defect: ComponentDefect) -> None:
    short = shrunk(defect)
    assert short.minimal
    deviations = short.schedule.deviations or ()
    assert len(deviations) <= 3
    assert not breaks(defect.right, defect, short.schedule)
    needs_an_order = (
        defect.name != "late-success-of-a-breaker"
    )  # there the order of the steps is the defect's
    assert bool(deviations) == needs_an_order
    assert breaks(defect.wrong, defect, short.schedule.with_deviations(())) == (not needs_an_order)
    first = next(step for step in short.schedule.steps if isinstance(step, Do) and not isinstance(step, Wait))
    assert first.value["call"] == 1  # deviations follow their calls, which are numbered anew
