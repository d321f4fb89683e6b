"""A campaign's runs are drawn without Hypothesis's engine, from the machine that Hypothesis would run."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from counter_subject import ToyWorld, counter
from hypothesis import strategies as st
from hypothesis.errors import InvalidDefinition
from hypothesis.stateful import (
    Bundle,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from shaketable.explore.generate.drawing import draw_runs
from shaketable.explore.generate.hypothesis_settings import search_settings
from shaketable.explore.generate.machine import DRAWN_MAX, Machine, generate, machine_for
from shaketable.explore.generate.run_sink import Sink
from shaketable.explore.generate.swarm import Swarm
from shaketable.runner import Outcome
from shaketable.schedule import Do, Schedule, dumps
from shaketable.subject import Subject
from shaketable.world_choice import world_for
from shaketable_patterns.catalogue import subjects
from tests.campaigns import every


class Keeping(Sink):
    def __init__(self, runs_max: int = 10**6) -> None:
        self.kept: list[Schedule] = []
        self.runs_max = runs_max

    def wants(self) -> bool:
        return len(self.kept) < self.runs_max

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        self.kept.append(schedule)


def bound(machine: type[Machine], sink: Sink | None = None, world: ToyWorld | None = None) -> type[Machine]:
    subject = counter()
    subject = replace(subject, pattern=replace(subject.pattern, machine=lambda _: machine))
    return machine_for(subject, world or ToyWorld(), sink or Keeping())


def drawn(subject: Subject, runs: int = 30, seed: int = 0) -> list[Schedule]:
    sink = Keeping()
    draw_runs(machine_for(subject, ToyWorld(), sink), seed=seed, runs=runs, steps=20)
    return sink.kept


def written(schedules: list[Schedule]) -> list[list[Any]]:
    return [[step.value["told"] for step in one.steps if isinstance(step, Do)] for one in schedules]


def all_of(machine: type[Machine], runs: int = 60, steps: int = 20) -> list[list[Any]]:
    sink = Keeping()
    draw_runs(bound(machine, sink), seed=1, runs=runs, steps=steps)
    return written(sink.kept)


class Told(Machine):
    def tell(self, name: str) -> None:
        self.do(Do("add", {"amount": 1, "told": name}))


def test_a_batch_has_as_many_runs_as_asked_for() -> None:
    assert len(drawn(counter(), runs=37)) == 37


def test_most_runs_have_all_rules_and_some_lack_one() -> None:
    kinds = [{getattr(s, "f", "wait") for s in schedule.steps} for schedule in drawn(counter(), runs=300)]
    most = sum(kind >= {"add", "wait"} for kind in kinds)
    assert 180 < most < 290


def test_another_seed_draws_other_runs_and_the_same_seed_the_same() -> None:
    assert drawn(counter(), seed=1) == drawn(counter(), seed=1)
    assert drawn(counter(), seed=1) != drawn(counter(), seed=2)


def test_a_run_depends_on_its_own_seed_alone() -> None:
    """So a shorter batch is the beginning of a longer one, and what a run draws changes none after it."""
    assert drawn(counter(), runs=40)[:10] == drawn(counter(), runs=10)


def test_a_machine_knows_the_seed_of_its_run_before_the_first_rule() -> None:
    class Seeded(Told):
        @initialize()
        def first(self) -> None:
            seeds.append(self.run_seed)

        @rule()
        def go(self) -> None:
            self.tell("add")

    seeds: list[int] = []
    all_of(Seeded, runs=50)
    assert len(set(seeds)) == 50


@pytest.mark.parametrize(
    "name", every(2, ["order-saga/hardened", "order-outbox/hardened", "breaker/hardened"])
)
def test_a_swarm_draws_steps_of_each_kind_as_often_as_hypothesis(name: str) -> None:
    """The machines are those of shipped subjects: nothing that the swarm does or adds may change what their rules do."""
    subject = next(subject for subject in subjects() if subject.name == name)
    bound_machine = machine_for(subject, world_for(subject), Keeping())

    def kinds_by(draw: Callable[[type[Machine]], None]) -> dict[str, float]:
        found: Counter[str] = Counter()

        class Counted(bound_machine):  # type: ignore[misc, valid-type]
            def teardown(self) -> None:
                if sys.exc_info()[1] is self._outer_error:
                    found.update(type(step).__name__ for step in self.steps)
                    found["runs"] += 1
                    found[f"{type(self.steps[0]).__name__} first" if self.steps else "none"] += 1

        draw(Counted)
        return {kind: count / found["runs"] for kind, count in found.items()}

    by_swarm = kinds_by(lambda machine: draw_runs(machine, seed=5, runs=1_500, steps=20))
    by_hypothesis = kinds_by(lambda machine: generate(machine, seed=5, limits=search_settings(400)))
    for kind in ("Do", "Inject", "Wait"):
        assert by_swarm[kind] == pytest.approx(by_hypothesis[kind], rel=0.2), kind
    for kind in ("Do first", "Inject first", "Wait first"):
        assert by_swarm.get(kind, 0) == pytest.approx(by_hypothesis.get(kind, 0), abs=0.1), kind


SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:]
import counter_subject
from test_swarm import drawn
from shaketable.schedule import dumps
sys.stdout.buffer.write(b"".join(dumps(s) for s in drawn(counter_subject.counter(), seed=4)))
"""


@pytest.mark.parametrize("environment", [{"CI": "1"}, {"PYTHONHASHSEED": "77"}])
def test_another_process_draws_the_same(environment: dict[str, str], tmp_path: Path) -> None:
    here = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(here), str(here.parents[2])],
        env=environment,
        capture_output=True,
        check=True,
        cwd=tmp_path,
        timeout=60,
    )
    assert done.stdout == b"".join(dumps(s) for s in drawn(counter(), seed=4))


def test_a_rule_is_applied_only_while_its_preconditions_hold() -> None:
    class Turns(Told):
        on = False

        @precondition(lambda self: not self.on)
        @rule()
        def open(self) -> None:
            self.on = True
            self.tell("open")

        @precondition(lambda self: self.on)
        @precondition(lambda self: len(self.steps) < 9)
        @rule()
        def shut(self) -> None:
            self.on = False
            self.tell("shut")

        @rule()
        def nothing(self) -> None: ...

    runs = all_of(Turns)
    assert any(len(run) > 3 for run in runs)
    for run in runs:
        assert run == ["open", "shut"] * (len(run) // 2) + ["open"] * (len(run) % 2)


def test_a_rule_that_is_switched_off_takes_over_when_all_others_are_used_up() -> None:
    class Few(Told):
        @precondition(lambda self: self.steps.count(added) < 3)
        @rule()
        def add(self) -> None:
            self.do(added)

        @rule()
        def rest(self) -> None:
            self.tell("rest")

    added = Do("add", {"amount": 1, "told": "add"})
    runs = all_of(Few, runs=300, steps=8)
    assert {len(run) for run in runs} == {8}
    assert ["add"] * 3 + ["rest"] * 5 in runs
    assert ["rest"] * 8 in runs


def test_a_machine_that_can_do_nothing_more_is_refused_as_hypothesis_does() -> None:
    class Stuck(Told):
        @precondition(lambda self: len(self.steps) < 3)
        @rule()
        def add(self) -> None:
            self.tell("add")

    with pytest.raises(InvalidDefinition, match="precondition"):
        all_of(Stuck)


def test_every_rule_that_initializes_comes_first_and_once_in_any_order() -> None:
    class Prepared(Told):
        @initialize(kind=st.sampled_from("ab"))
        def left(self, kind: str) -> None:
            self.tell(f"left {kind}")

        @initialize()
        def right(self) -> None:
            self.tell("right")

        @rule()
        def go(self) -> None:
            self.tell("go")

    runs = all_of(Prepared, steps=7)
    assert {tuple(run[:2]) for run in runs} == {
        ("left a", "right"), ("right", "left a"), ("left b", "right"), ("right", "left b")
    }  # fmt: skip
    assert all(run[2:] == ["go"] * 5 for run in runs)


def test_invariants_are_checked_before_and_after_every_rule() -> None:
    class Checked(Told):
        def __init__(self) -> None:
            super().__init__()
            self.prepared = False
            self.always = self.later = self.guarded = 0

        @initialize()
        def prepare(self) -> None:
            self.prepared = True

        @rule()
        def go(self) -> None:
            self.tell("go")

        @invariant(check_during_init=True)
        def at_all_times(self) -> None:
            self.always += 1

        @invariant()
        def after_the_first(self) -> None:
            assert self.prepared
            self.later += 1

        @precondition(lambda self: len(self.steps) > 2)
        @invariant()
        def when_it_applies(self) -> None:
            assert len(self.steps) > 2
            self.guarded += 1

        def teardown(self) -> None:
            counts.append((self.always, self.later, self.guarded))

    counts: list[tuple[int, int, int]] = []
    all_of(Checked, runs=5, steps=6)
    assert counts == [(7, 6, 3)] * 5


def test_an_invariant_that_breaks_is_raised_and_its_run_dropped() -> None:
    class Breaks(Told):
        @rule()
        def go(self) -> None:
            self.tell("go")

        @invariant()
        def short(self) -> None:
            assert len(self.steps) < 4, "too long"

    sink = Keeping()
    with pytest.raises(AssertionError, match="too long"):
        draw_runs(bound(Breaks, sink), seed=0, runs=5, steps=20)
    assert sink.kept == []


class Purse(Told):
    """Coins are minted into a bundle, shown from it, and spent once."""

    coins: Bundle[str] = Bundle("coins")
    both: Bundle[str] = Bundle("both")

    def __init__(self) -> None:
        super().__init__()
        self.minted = 0

    def _coin(self) -> str:
        self.minted += 1
        return f"c{self.minted}"

    @rule(target=coins)
    def mint(self) -> str:
        return self._coin()

    @rule(targets=(coins, both))
    def mint_two(self) -> Any:
        return multiple(self._coin(), self._coin())

    @rule(target=coins)
    def mint_none(self) -> Any:
        return multiple()

    @rule(coin=coins)
    def show(self, coin: str) -> None:
        self.tell(f"show {coin}")

    @rule(first=consumes(coins), second=consumes(coins))
    def spend(self, first: str, second: str) -> None:
        self.tell(f"spend {first}")
        self.tell(f"spend {second}")

    @rule(coin=both)
    def weigh(self, coin: str) -> None:
        self.tell(f"weigh {coin}")


def test_values_of_bundles_go_from_rule_to_rule_and_are_consumed_once() -> None:
    assert Swarm.of(bound(Purse)) is not None
    runs = all_of(Purse, runs=150)
    told = {name.split()[0] for run in runs for name in run}
    assert told == {"show", "spend", "weigh"}
    for run in runs:
        spent = [name.split()[1] for name in run if name.startswith("spend")]
        assert len(spent) == len(set(spent))
        for place, name in enumerate(run):
            assert name.startswith("weigh") or f"spend {name.split()[1]}" not in run[:place]


class Texts(Told):
    @rule(text=st.text(min_size=1, max_size=3))
    def say(self, text: str) -> None:
        self.tell(text)


class Filtered(Purse):
    @rule(coin=Purse.coins.filter(lambda coin: coin.endswith("2")))
    def pick(self, coin: str) -> None:
        assert coin.endswith("2")
        self.tell(f"pick {coin}")


@pytest.mark.parametrize("machine", [Texts, Filtered])
def test_a_machine_with_a_strategy_that_is_not_plain_is_drawn_by_hypothesis(machine: type[Machine]) -> None:
    assert Swarm.of(bound(machine)) is None
    assert all_of(machine, runs=25) == all_of(machine, runs=25)
    assert len(all_of(machine, runs=25)) == 25


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("asks", [lambda: hypothesis.note("here"), lambda: hypothesis.assume(True)])
def test_a_rule_that_asks_something_of_hypothesis_is_called_by_it(asks: Any) -> None:
    class Asks(Told):
        @rule(amount=st.integers(1, 9))
        def add(self, amount: int) -> None:
            if amount == 9:
                asks()
            self.tell(f"add {amount}")

    runs = all_of(Asks, runs=40)
    assert len(runs) == 40
    assert runs == all_of(Asks, runs=40)
    assert any("add 9" in run for run in runs)


def test_what_is_assumed_holds_in_every_run() -> None:
    class Assumes(Told):
        @rule(amount=st.integers(1, 9))
        def add(self, amount: int) -> None:
            hypothesis.assume(amount != 5)
            self.tell(f"add {amount}")

    runs = all_of(Assumes, runs=20)
    assert len(runs) == 20
    assert not any("add 5" in run for run in runs)


def test_an_error_of_the_harness_is_raised_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="the adapter is wrong"):
        drawn(counter("raise"), runs=100)


def test_no_run_takes_place_that_the_sink_does_not_want() -> None:
    world, sink = ToyWorld(), Keeping(runs_max=3)
    machine = machine_for(counter(), world, sink, boundaries=())
    draw_runs(machine, seed=0, runs=100, steps=20)
    assert (world.opened, len(sink.kept), machine.drawn) == (3, 3, None)


def test_a_run_on_real_servers_is_told_before_the_next_is_drawn() -> None:
    class Watching(Keeping):
        def take(self, schedule: Schedule, outcome: Outcome) -> None:
            super().take(schedule, outcome)
            assert machine.drawn is None

    sink = Watching()
    machine = machine_for(counter(), ToyWorld("processes"), sink)
    draw_runs(machine, seed=0, runs=DRAWN_MAX + 2, steps=20)
    assert len(sink.kept) > DRAWN_MAX / 2  # the others ask for nothing
