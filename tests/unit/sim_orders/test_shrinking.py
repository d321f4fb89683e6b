"""What an order shows shrinks to few steps and few deviations, whose messages are renumbered and wait for each other."""

from __future__ import annotations

from random import Random

import pytest

from shaketable.explore.shrink.crossings import Crossings
from shaketable.explore.shrink.deviations import fewer_deviations, simpler_deviations
from shaketable.explore.shrink.shrinker import shrink
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.orders.policy import POLICIES, Policy
from shaketable.runner import execute
from shaketable.schedule import Do, Schedule, Wait
from shaketable.sim.world import SimWorld
from tests.unit.sim_orders.counter import ADDITIONS, COUNTER, counted, played

MANY = tuple(step for n in range(8) for step in (Do("add"), Wait(20 + n)))
CROSSINGS = Crossings(COUNTER, SimWorld())


def loses(schedule: Schedule) -> bool:
    additions = sum(isinstance(step, Do) for step in schedule.steps)
    return additions > 0 and counted(played(schedule.orders, steps=schedule.steps)) < additions


def needs_its_order(schedule: Schedule) -> bool:
    return bool(schedule.deviations) and loses(schedule) and not loses(schedule.with_deviations(()))


def found(policy: str) -> Schedule:
    """Return a schedule of eight additions that loses one under this policy, with all of its deviations."""
    for seed in range(500):
        schedule = Schedule(COUNTER.name, MANY).with_policy(
            Policy(policy, seed, object="postgres counts", events=80)
        )
        outcome = execute(SimWorld(), COUNTER, schedule)
        replay = schedule.with_deviations(outcome.deviations)
        if needs_its_order(replay):
            return replay
    raise AssertionError(f"{policy} loses no addition")


@pytest.mark.parametrize("policy", POLICIES)
def test_a_lost_addition_shrinks_to_two_and_one_late_message(policy):
    start = found(policy)
    shrunk = shrink(start, needs_its_order, crossings=CROSSINGS)
    assert shrunk.minimal
    assert [type(step) for step in shrunk.schedule.steps] == [Do, Wait, Do]
    assert len(shrunk.schedule.deviations) == 1
    (deviation,) = shrunk.schedule.deviations
    assert deviation.at.endswith("#1")  # of the first addition that is left, whichever it was
    assert deviation.until is not None


def test_a_schedule_that_needs_no_deviation_keeps_none():
    start = Schedule(COUNTER.name, (Do("add"), Do("add"))).with_deviations(found("pos").deviations)
    assert not shrink(start, loses, crossings=CROSSINGS).schedule.deviations


def deviations(count: int) -> tuple[Deviation, ...]:
    return tuple(Deviation(f"a>b GET k #{n}", "request", late_ms=7) for n in range(1, count + 1))


def test_the_fewest_deviations_are_found_in_few_executions():
    many, executions = deviations(200), 0
    wanted = set(Random(3).sample(many, 2))

    def shows(some: tuple[Deviation, ...]) -> bool:
        nonlocal executions
        executions += 1
        return wanted <= set(some)

    assert set(fewer_deviations(many, shows)) == wanted
    assert executions < 60


def test_a_time_becomes_the_first_arrival_that_will_do_else_a_round_number():
    (late,) = deviations(1)
    first, second = (Arrival(f"c>b GET k #{n}", "reply") for n in (1, 2))
    waits = Deviation(late.at, late.leg, second)
    assert simpler_deviations((late,), lambda some: some == (waits,), lambda at: [first, second]) == (waits,)
    (round_one,) = simpler_deviations((late,), lambda some: some[0].late_ms >= 4, lambda at: [first])
    assert round_one.late_ms == 5


def test_messages_are_renumbered_by_those_that_steps_sent_which_are_left_out():
    until = Arrival("client>counter POST /add #4", "request")
    late = Deviation("counter>postgres SELECT counts #3", "request", until)
    schedule = Schedule(COUNTER.name, MANY).with_deviations([late])
    renumbered = CROSSINGS.renumbered(schedule, MANY[4:])
    assert renumbered is not None
    assert renumbered.steps == MANY[4:]
    (deviation,) = renumbered.deviations
    assert deviation.at == "counter>postgres SELECT counts #1"
    assert deviation.until == Arrival("client>counter POST /add #2", "request")
    assert CROSSINGS.renumbered(schedule, MANY) is None
    assert CROSSINGS.renumbered(Schedule(COUNTER.name, MANY), MANY[2:]) is None


def test_only_later_messages_are_waited_for():
    schedule = Schedule(COUNTER.name, ADDITIONS)
    after = CROSSINGS.after(schedule, "counter>postgres COMMIT counts #1")
    assert after[0] == Arrival("client>counter POST /add #2", "request")
    assert CROSSINGS.after(schedule, "counter>postgres COMMIT counts #9") == []
