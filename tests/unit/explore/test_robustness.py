"""Shrinking to schedules that hold whatever the timing, against predicates that are known exactly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shaketable.certificate import ODD_TIMINGS_MAX
from shaketable.explore.shrink.robustness import SEEDS, Timings, shrink_robustly
from shaketable.explore.shrink.shrinker import Limits, Shrunk
from shaketable.fault import Crash, Drop, Hold, Partition, Pause
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.sim.world import SimWorld
from tests.unit.explore.counter_subject import ToyWorld, counter
from tests.unit.sim_world.shop import SUBJECT

Shows = Callable[[Schedule], bool]
BUY = Do("buy", "s1")
PAY = "shop>bank POST /pay #1"


def schedule(*steps: Step) -> Schedule:
    return Schedule(SUBJECT.name, steps)


def shrunk(start: Schedule, shows: Shows, limits: Limits | None = None) -> Shrunk:
    return shrink_robustly(SUBJECT, SimWorld(), start, shows, limits or Limits())


def having(step: Step, hangs: Shows = lambda _: False) -> Shows:
    """Return a predicate: it shows with `step`, and under a drawn timing only if `hangs` is true too."""
    return lambda s: step in s.steps and (not s.seed or hangs(s))


def lengths(kind: type, name: str, schedule: Schedule) -> list[int]:
    return [
        getattr(s.fault, name) for s in schedule.steps if isinstance(s, Inject) and isinstance(s.fault, kind)
    ]


def test_a_story_that_holds_is_shrunk_as_ever():
    story = shrunk(schedule(Wait(5), BUY, Wait(7)), lambda s: BUY in s.steps)
    assert story.schedule.steps == (BUY,)
    assert (story.timings_shown, story.timings, story.holds) == (24, 24, True)


@pytest.mark.parametrize(
    ("start", "needed"),
    [
        ((BUY, Wait(10)), lambda s: sum(x.ms for x in s.steps if isinstance(x, Wait)) >= 900),
        ((BUY,), lambda s: any(isinstance(x, Wait) and x.ms >= 150 for x in s.steps[1:])),
        (
            (BUY, Inject(Partition(sender="shop", receiver="bank", for_ms=10))),
            lambda s: any(ms > 2_000 for ms in lengths(Partition, "for_ms", s)),
        ),
        ((BUY,), lambda s: bool(lengths(Crash, "down_ms", s)) and lengths(Pause, "for_ms", s) == []),
        ((BUY,), lambda s: any(ms > 2_000 for ms in lengths(Pause, "for_ms", s))),
        ((BUY,), lambda s: any(isinstance(x, Inject) and getattr(x.fault, "at", "") == PAY for x in s.steps)),
    ],
    ids=["a longer wait", "a wait more", "a longer fault", "a crash", "a pause", "a hold"],
)
def test_a_story_that_hangs_on_an_instant_is_widened(start: tuple[Step, ...], needed: Shows):
    def shows(s: Schedule) -> bool:
        kinds = [type(getattr(step, "fault", step)) for step in s.steps]
        return all(type(getattr(step, "fault", step)) in kinds for step in start) and (
            not s.seed or needed(s)
        )

    story = shrunk(schedule(*start), shows)
    assert story.holds
    assert needed(story.schedule)
    assert story.schedule.seed == 0
    assert shows(story.schedule)
    assert len(story.schedule.steps) <= len(start) + 1


def test_a_fault_that_is_armed_too_late_is_armed_first():
    drop = Inject(Drop(at=PAY, leg="reply"))
    story = shrunk(
        schedule(Wait(1), BUY, drop),
        lambda s: {BUY, drop} <= set(s.steps) and (not s.seed or s.steps.index(drop) < s.steps.index(BUY)),
    )
    assert story.schedule.steps == (drop, BUY)


def test_a_message_that_only_another_timing_sends_may_be_lost():
    lost = Inject(Drop(at="shop>kafka PRODUCE sales/s1 #1", leg="request"))
    story = shrunk(schedule(BUY), having(BUY, lambda s: lost in s.steps))
    assert story.schedule.steps == (lost, BUY)
    assert story.holds


def test_widening_takes_what_helps_a_little_and_goes_on():
    def needed(s: Schedule) -> bool:
        paused = any(ms > 500 for ms in lengths(Pause, "for_ms", s))
        held = bool(lengths(Hold, "for_ms", s))
        return paused and (held or s.seed % 2 == 0)

    story = shrunk(schedule(BUY), having(BUY, needed))
    assert story.holds
    assert {type(s.fault) for s in story.schedule.steps if isinstance(s, Inject)} == {Pause, Hold}


def test_a_longer_schedule_that_holds_is_better_than_a_short_one_that_cannot_be_widened():
    heavy = Do("buy", "s2")
    story = shrunk(schedule(Wait(3), heavy, BUY), having(BUY, lambda s: heavy in s.steps))
    assert story.schedule.steps == (heavy, BUY)
    assert story.holds


def test_what_nothing_helps_says_that_it_hangs_on_timing():
    story = shrunk(schedule(Wait(3), BUY), lambda s: BUY in s.steps and s.seed in (0, 1, 2))
    assert story.schedule.steps == (BUY,)
    assert story.minimal
    assert (story.timings_shown, story.holds) == (2, False)


def test_one_unlucky_timing_is_not_worth_a_longer_story():
    story = shrunk(schedule(Wait(3), BUY), lambda s: BUY in s.steps and s.seed != 5)
    assert story.schedule.steps == (BUY,)
    assert (story.timings_shown, story.holds) == (len(SEEDS) - ODD_TIMINGS_MAX, True)


def test_making_values_simpler_does_not_undo_it():
    story = shrunk(
        schedule(Wait(9_000), BUY), having(BUY, lambda s: s.steps[0] in (Wait(9_000), Wait(1_000)))
    )
    assert story.schedule.steps == (Wait(1_000), BUY)
    assert story.holds


def test_a_world_without_timings_shrinks_plainly():
    story = shrink_robustly(
        counter(), ToyWorld(), Schedule("counter", (Wait(1), BUY)), lambda s: BUY in s.steps, Limits()
    )
    assert story.schedule.steps == (BUY,)
    assert (story.timings_shown, story.timings, story.holds) == (0, 0, True)


def test_it_ends_when_told_to():
    spent = []

    def shows(s: Schedule) -> bool:
        spent.append(s)
        return BUY in s.steps and not s.seed

    story = shrunk(schedule(Wait(3), BUY), shows, Limits(stop=lambda: len(spent) > 30))
    assert story.schedule.steps == (BUY,)
    assert len(spent) <= 31 + len(SEEDS)


def test_no_timing_is_asked_twice():
    asked = []

    def shows(s: Schedule) -> bool:
        asked.append(s)
        return s.seed % 2 == 0

    timings = Timings(shows)
    assert timings.refuting_seeds(schedule(BUY)) == [1, 3, 5]
    assert sum(timings.shows_at(schedule(BUY), seed) for seed in SEEDS) == 12
    assert not timings.holds(schedule(BUY))
    assert len(asked) == len(SEEDS)


@pytest.mark.parametrize("allowed", [1, 10, 60, 300])
def test_it_costs_no_more_executions_than_allowed_with_all_its_timings(allowed):
    spent = []

    def shows(s: Schedule) -> bool:
        spent.append(s)
        return BUY in s.steps and s.seed in (0, 1, 2)  # neither holds nor can be widened

    story = shrunk(schedule(*[Wait(ms) for ms in range(1, 40)], BUY), shows, Limits(allowed))
    assert len(spent) <= allowed
    assert story.executions == len(spent)
    assert story.timings <= len(SEEDS)
    assert not story.holds or story.timings < len(SEEDS)
