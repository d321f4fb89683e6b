"""Redundant waits are left out of generated schedules where waiting takes time."""

from __future__ import annotations

import pytest
from counter_subject import ToyWorld, counter

from shaketable.explore.generate.hypothesis_settings import search_settings
from shaketable.explore.generate.machine import generate, machine_for
from shaketable.explore.generate.run_sink import Sink
from shaketable.explore.generate.wait_trimming import trim_waits
from shaketable.fault import Crash, Drop, Hold, LinkFault, Partition, Pause
from shaketable.runner import Outcome
from shaketable.schedule import Do, Inject, Schedule, Step, Wait

ORDER = Do("place", {"order": "o1"})
AT = "order>postgres COMMIT orders #1"


def test_the_longest_of_consecutive_waits_is_kept() -> None:
    assert trim_waits((ORDER, Wait(20), Wait(200), Wait(20), ORDER)) == (ORDER, Wait(200), ORDER)


def test_there_is_no_wait_before_the_first_step_nor_after_the_last() -> None:
    drop = Inject(Drop(at=AT, leg="reply"))
    assert trim_waits((Wait(3_200), drop, Wait(20), ORDER, Wait(6_000))) == (drop, Wait(20), ORDER)


@pytest.mark.parametrize(
    "fault",
    [
        Crash(service="order", down_ms=1_000),
        Pause(service="order", for_ms=1_000),
        Partition(sender="order", receiver="kafka", for_ms=1_000),
    ],
)
def test_a_fault_in_force_lasts_as_long_as_it_was_to(fault: Crash | Pause | LinkFault) -> None:
    steps = (Inject(fault), Wait(300), ORDER)
    assert trim_waits((*steps, Wait(20), Wait(6_000))) == (*steps, Wait(700))
    assert trim_waits((*steps, Wait(20))) == (*steps, Wait(20))
    assert trim_waits((Inject(fault), Wait(1_000), ORDER, Wait(20)))[-1] == ORDER


def test_a_held_message_needs_no_wait() -> None:
    hold = Inject(Hold(at=AT, leg="request", for_ms=3_000))
    assert trim_waits((hold, ORDER, Wait(6_000))) == (hold, ORDER)


def test_nothing_but_waits_is_nothing() -> None:
    assert trim_waits((Wait(20), Wait(200))) == ()


class Keeping(Sink):
    def __init__(self) -> None:
        self.kept: list[tuple[Step, ...]] = []

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        self.kept.append(schedule.steps)


def test_only_on_real_worlds_are_waits_trimmed() -> None:
    seen = {}
    for world in (ToyWorld("sim"), ToyWorld("processes")):
        sink = Keeping()
        generate(machine_for(counter(), world, sink), seed=1, limits=search_settings(20))
        seen[world.name] = sink.kept
    with_ops = [steps for steps in seen["sim"] if any(isinstance(step, Do) for step in steps)]
    assert seen["processes"] == [trim_waits(steps) for steps in with_ops]
    assert seen["processes"] != seen["sim"]


def test_where_runs_are_dear_none_is_spent_on_a_schedule_without_ops() -> None:
    for world in (ToyWorld("sim"), ToyWorld("processes")):
        sink = Keeping()
        generate(machine_for(counter(), world, sink), seed=3, limits=search_settings(60, steps=2))
        assert all(any(isinstance(s, Do) for s in steps) for steps in sink.kept) is (
            world.name == "processes"
        )
        assert (len(sink.kept) == 60) is (world.name == "sim")
