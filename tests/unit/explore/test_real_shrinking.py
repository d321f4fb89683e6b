"""Shrinking where a schedule shows its anomaly only in some runs, with and without a simulated world to rehearse in."""

from __future__ import annotations

import pytest
from counter_subject import ToySession, ToyWorld, counter
from fickle_world import FickleWorld

from shaketable.explore.budget import Budget, Meter, never_stop
from shaketable.explore.certify import Examined, certify_subject
from shaketable.explore.check import PromiseBroken, check
from shaketable.explore.generate.hypothesis_settings import search_settings
from shaketable.explore.judge.evidence import Evidence
from shaketable.explore.shrink.real_shrinker import RealShrinker, ReproductionRate, can_be_simulated
from shaketable.runner import execute
from shaketable.schedule import Do, Schedule, Wait
from shaketable.subject import Subject
from shaketable.world import World

LOST = (Do("arm"), Wait(1_000), Do("add", {"amount": 3}))


def certify(world: World, rehearsal: World | None = None, runs: int = 80) -> Examined:
    return certify_subject(counter("lost"), world, Budget(runs=runs), now_s=lambda: 0.0, rehearsal=rehearsal)


def test_what_shows_in_the_simulated_world_is_shrunk_there_and_only_confirmed_here() -> None:
    world, rehearsal = FickleWorld(), ToyWorld()
    (example,) = certify(world, rehearsal, runs=60).result.promises[0].counterexamples
    assert example.schedule.steps == LOST
    assert (example.reproduced, example.replays) == (5, 5)
    assert rehearsal.opened > 10
    assert world.opened < 60 + 10


def test_what_does_not_show_there_is_shrunk_where_it_was_found() -> None:
    sound_there = FickleWorld(name="sim", until=0)
    (example,) = certify(FickleWorld(), sound_there).result.promises[0].counterexamples
    assert example.schedule.steps == LOST
    assert example.executions > 5


def test_a_shorter_story_that_is_not_confirmed_is_not_told() -> None:
    """The simulated world loses every add of its own accord, so what it shrinks to is no story of the real one."""

    class Careless(ToyWorld):
        def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> ToySession:
            del subject
            return ToySession(counter("careless"), seed, self.quiet)

    (example,) = certify(FickleWorld(), Careless()).result.promises[0].counterexamples
    assert example.schedule.steps == LOST


@pytest.mark.parametrize("every", [2, 3])
def test_a_schedule_that_shows_only_sometimes_is_shrunk_all_the_same_and_its_rate_is_told(every: int) -> None:
    examined = certify(FickleWorld(every=every), runs=200)
    (example,) = examined.result.promises[0].counterexamples
    assert len(example.schedule.steps) == 3
    assert example.replays == 5
    assert 5 // every <= example.reproduced < 5
    history = examined.histories[example.file]
    assert history[example.finding.witness[0]].kind == "effect"


def test_what_never_shows_again_is_told_by_the_run_that_showed_it() -> None:
    examined = certify(FickleWorld(until=82), runs=80)  # calibration and workload are two
    (example,) = examined.result.promises[0].counterexamples
    assert (example.reproduced, example.replays) == (0, 5)
    assert len(example.schedule.steps) == example.steps_before
    history = examined.histories[example.file]
    assert history[example.finding.witness[0]].kind == "effect"


def test_a_shortest_schedule_that_does_not_show_again_does_not_keep_another_from_being_shrunk() -> None:
    """The first is tried three times, by the rate that one run which showed it allows for."""

    class SoundAtFirst(ToyWorld):
        def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> ToySession:
            self.opened += 1
            return ToySession(subject if self.opened > 3 else counter(), seed, self.quiet)

    subject = counter("lost")
    longer = Schedule(subject.name, (Wait(10), *LOST, Wait(10)))
    evidence = Evidence(subject)
    evidence.take(longer, execute(ToyWorld(), subject, longer))
    ((_, found),) = evidence.found.items()
    found.starts.insert(0, Schedule(subject.name, LOST))
    meter = Meter(Budget(runs=1), lambda: 0.0, never_stop, 0.0)
    shrinker = RealShrinker(subject, SoundAtFirst(), evidence, meter, lambda: None, None)
    assert shrinker.shortest(found).schedule.steps == LOST


def interrupted(at: int, runs: int) -> Examined:
    """Certify until the end is asked for, which is when `at` runs have begun."""
    world = FickleWorld(interrupt_at=at)
    examined = certify_subject(
        counter("lost"),
        world,
        Budget(runs=runs),
        now_s=lambda: 0.0,
        stop=lambda: world.opened >= world.interrupt_at,
    )
    assert examined.interrupted
    return examined


def test_shrinking_that_is_interrupted_tells_the_best_so_far() -> None:
    examined = interrupted(at=95, runs=80)
    (example,) = examined.result.promises[0].counterexamples
    assert 3 <= len(example.schedule.steps) < example.steps_before
    assert (example.reproduced, example.replays) == (0, 0)
    assert examined.histories[example.file]


def test_a_search_that_is_interrupted_tells_what_it_found() -> None:
    examined = interrupted(at=60, runs=10_000)
    (example,) = examined.result.promises[0].counterexamples
    assert len(example.schedule.steps) == example.steps_before
    history = examined.histories[example.file]
    assert history[example.finding.witness[0]].kind == "effect"


def test_an_unexpected_ctrl_c_is_passed_on() -> None:
    with pytest.raises(KeyboardInterrupt):
        certify(FickleWorld(interrupt_at=20))


def test_a_test_is_told_the_rate_too() -> None:
    with pytest.raises(PromiseBroken, match=r"shown in \d of 5 runs on processes") as caught:
        check(counter("lost"), FickleWorld(every=2), settings=search_settings(200), rehearsal=ToyWorld())
    assert caught.value.schedule.steps == LOST


def test_the_less_reliably_it_shows_the_more_often_it_is_tried() -> None:
    assert ReproductionRate(20, 20).tries == 1
    assert ReproductionRate(1, 1).tries == 3
    assert ReproductionRate(1, 10).tries == 5


def test_an_object_is_not_simulated() -> None:
    assert not can_be_simulated(counter())
