"""Killed or alive."""

from __future__ import annotations

from counter_subject import ToyWorld, mutant

from shaketable.certificate import MutantResult
from shaketable.explore.mutation import score


def test_a_mutant_dies_of_the_promise_it_names() -> None:
    (result,) = score([mutant("lost", "CT-1")], ToyWorld(), runs_max=300)
    assert result.killed_by == ("CT-1",)
    assert 0 < result.runs_to_kill <= 300
    assert result.schedule_steps >= 3


def test_the_first_kill_ends_the_hunt() -> None:
    world = ToyWorld()
    (result,) = score([mutant("lost", "CT-1")], world, runs_max=5_000)
    assert world.opened == result.runs_to_kill + 1  # and the workload


def test_a_mutant_that_breaks_nothing_is_alive() -> None:
    (result,) = score([mutant("", "CT-1")], ToyWorld(), runs_max=60)
    assert (result.killed_by, result.runs_to_kill, result.schedule_steps) == ((), 0, 0)


def test_a_promise_it_does_not_name_does_not_kill_it() -> None:
    (result,) = score([mutant("lost", "CT-2")], ToyWorld(), runs_max=60)
    assert (result.killed_by, result.runs_to_kill) == (("CT-1",), 0)


def test_a_score_is_the_same_for_the_same_seed() -> None:
    def scored() -> list[MutantResult]:
        return score([mutant("lost", "CT-1"), mutant("double", "CT-1")], ToyWorld(), runs_max=100, seed=3)

    assert scored() == scored()


def test_stop_leaves_out_those_not_tried() -> None:
    told: list[MutantResult] = []
    results = score(
        [mutant("lost", "CT-1"), mutant("double", "CT-1")],
        ToyWorld(),
        runs_max=300,
        told=told.append,
        stop=lambda: bool(told),
    )
    assert [r.name for r in results] == ["counter/lost"]
