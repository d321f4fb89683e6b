"""What is left out of a generated schedule where waiting takes time."""

from __future__ import annotations

import pytest
from counter_subject import ToyWorld, counter

from shaketable.explore.generate.machine import generate, machine_for
from shaketable.explore.generate.settings import search_settings
from shaketable.explore.generate.sink import Sink
from shaketable.explore.generate.trim import brisk
from shaketable.fault import Crash, Drop, Hold, LinkFault, Partition, Pause
from shaketable.runner import Outcome
from shaketable.schedule import Do, Inject, Schedule, Step, Wait

ORDER = Do("place", {"order": "o1"})
AT = "order>postgres COMMIT orders #1"


def test_of_waits_in_a_row_the_longest_is_kept() -> None:
    assert brisk((ORDER, Wait(20), Wait(200), Wait(20), ORDER)) == (ORDER, Wait(200), ORDER)


def test_nobody_waits_before_anything_happens_nor_after_everything_did() -> None:
    drop = Inject(Drop(at=AT, leg="reply"))
    assert brisk((Wait(3_200), drop, Wait(20), ORDER, Wait(6_000))) == (drop, Wait(20), ORDER)


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
    assert brisk((*steps, Wait(20), Wait(6_000))) == (*steps, Wait(700))
    assert brisk((*steps, Wait(20))) == (*steps, Wait(20))
    assert brisk((Inject(fault), Wait(1_000), ORDER, Wait(20)))[-1] == ORDER


def test_a_held_message_arrives_without_anybody_waiting_for_it() -> None:
    hold = Inject(Hold(at=AT, leg="request", for_ms=3_000))
    assert brisk((hold, ORDER, Wait(6_000))) == (hold, ORDER)


def test_nothing_but_waits_is_nothing() -> None:
    assert brisk((Wait(20), Wait(200))) == ()


class Keeping(Sink):
    def __init__(self) -> None:
        self.kept: list[tuple[Step, ...]] = []

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        self.kept.append(schedule.steps)


def test_only_real_worlds_are_hurried() -> None:
    seen = {}
    for world in (ToyWorld("sim"), ToyWorld("processes")):
        sink = Keeping()
        generate(machine_for(counter(), world, sink), seed=1, limits=search_settings(20))
        seen[world.name] = sink.kept
    asking = [steps for steps in seen["sim"] if any(isinstance(step, Do) for step in steps)]
    assert seen["processes"] == [brisk(steps) for steps in asking]
    assert seen["processes"] != seen["sim"]


def test_where_runs_are_dear_none_is_spent_on_nobody_asking_for_anything() -> None:
    for world in (ToyWorld("sim"), ToyWorld("processes")):
        sink = Keeping()
        generate(machine_for(counter(), world, sink), seed=3, limits=search_settings(60, steps=2))
        assert all(any(isinstance(s, Do) for s in steps) for steps in sink.kept) is (
            world.name == "processes"
        )
        assert (len(sink.kept) == 60) is (world.name == "sim")
