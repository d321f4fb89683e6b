"""An order as holds: the same anomaly without deviations, under drawn timings, as far as can be from where it ends."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from shaketable.explore.shrink.order_holds import as_holds
from shaketable.fault import Hold
from shaketable.schedule import Inject, Schedule, Wait
from tests.mutants.orders.catalogue import DEFECTS
from tests.mutants.orders.rows import LOST_UPDATE
from tests.mutants.orders.stored import is_broken, stored

STORED = stored()


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_holds_make_the_order_of_each_stored_defect_and_the_twin_stays_right(defect):
    schedule = STORED[defect.name]
    held = as_holds(schedule, lambda s: is_broken(defect.wrong, s) and not is_broken(defect.right, s))
    assert held is not None
    assert held.timings_shown >= held.timings - 2
    assert not held.schedule.deviations
    assert held.schedule.orders is None
    holds = [step.fault for step in held.schedule.steps if isinstance(step, Inject)]
    assert [(h.at, h.leg) for h in holds if isinstance(h, Hold)] == [
        (late.at, late.leg) for late in schedule.deviations or ()
    ]
    assert is_broken(defect.wrong, held.schedule)


def hold_of(schedule: Schedule) -> int:
    (fault,) = (step.fault for step in schedule.steps if isinstance(step, Inject))
    assert isinstance(fault, Hold)
    return fault.for_ms


def test_the_hold_lies_in_the_middle_of_those_that_show_it():
    held = as_holds(STORED["lost-update"], lambda s: 100 <= hold_of(s) <= 1_000)
    assert held is not None
    assert hold_of(held.schedule) == 350


def test_what_shows_under_more_timings_is_better_than_a_calmer_schedule():
    original = sum(step.ms for step in STORED["lost-update"].steps if isinstance(step, Wait))

    def shows(schedule: Schedule) -> bool:
        is_stretched = sum(step.ms for step in schedule.steps if isinstance(step, Wait)) > original
        return not (is_stretched and schedule.seed in (3, 7))

    held = as_holds(STORED["lost-update"], shows)
    assert held is not None
    assert held.timings_shown == held.timings
    assert sum(step.ms for step in held.schedule.steps if isinstance(step, Wait)) == original


def test_an_order_that_no_hold_makes_has_none():
    assert as_holds(STORED["lost-update"], lambda _: False) is None
    assert as_holds(STORED["lost-update"], lambda s: s.seed == 0) is None  # chance at one timing is no order


def test_the_seed_and_what_is_expected_stay_as_they_were():
    schedule = STORED["lost-update"]
    held = as_holds(schedule, lambda s: is_broken(LOST_UPDATE.wrong, s))
    assert held is not None
    steps = tuple(step for step in held.schedule.steps if not isinstance(step, Inject))
    assert len(steps) == len(schedule.steps)
    assert replace(held.schedule, steps=schedule.steps) == schedule.with_deviations(())
