"""Killed or alive."""

from __future__ import annotations

from counter_subject import ToyWorld, mutant

from shaketable.certificate import MutantResult
from shaketable.explore.mutation import hunt


def test_a_mutant_dies_of_the_promise_it_names() -> None:
    result = hunt(mutant("lost", "CT-1"), ToyWorld(), runs_max=300)
    assert result.killed_by == ("CT-1",)
    assert 0 < result.runs_to_kill <= 300
    assert result.schedule_steps >= 3


def test_the_first_kill_ends_the_hunt() -> None:
    world = ToyWorld()
    result = hunt(mutant("lost", "CT-1"), world, runs_max=5_000)
    assert world.opened == result.runs_to_kill + 1  # and the workload


def test_a_mutant_that_breaks_nothing_is_alive() -> None:
    result = hunt(mutant("", "CT-1"), ToyWorld(), runs_max=60)
    assert (result.killed_by, result.runs_to_kill, result.schedule_steps) == ((), 0, 0)


def test_a_promise_it_does_not_name_does_not_kill_it() -> None:
    result = hunt(mutant("lost", "CT-2"), ToyWorld(), runs_max=60)
    assert (result.killed_by, result.runs_to_kill) == (("CT-1",), 0)


def test_a_hunt_is_the_same_for_the_same_seed() -> None:
    def hunted() -> list[MutantResult]:
        return [hunt(mutant(d, "CT-1"), ToyWorld(), runs_max=100, seed=3) for d in ("lost", "double")]

    assert hunted() == hunted()


def test_a_hunt_that_is_stopped_makes_no_further_run() -> None:
    world = ToyWorld()
    result = hunt(mutant("", "CT-1"), world, runs_max=5_000, stop=lambda: world.opened >= 10)
    assert (world.opened, result.runs_to_kill) == (10, 0)
