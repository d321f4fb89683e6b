"""Machines record what they do; settings are ours whatever surrounds them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
from counter_subject import ToySession, ToyWorld, counter
from hypothesis.stateful import rule, run_state_machine_as_test

from shaketable.boundary import Boundary, Route
from shaketable.explore.check import NotCertified, PromiseBroken, check
from shaketable.explore.generate.hypothesis_settings import register_profiles, search_settings
from shaketable.explore.generate.interpreter import tuned_interpreter
from shaketable.explore.generate.machine import DRAWN_MAX, generate, machine_for
from shaketable.explore.generate.places import Places
from shaketable.explore.generate.run_sink import Sink
from shaketable.explore.judge.evidence import Evidence
from shaketable.fault import CrashReceiver, CrashSender, Duplicate, Rollback, ServerError
from shaketable.runner import Outcome, execute
from shaketable.schedule import Do, Schedule, dumps
from shaketable.subject import Subject
from tests.bench.idle import idle


class Keeping(Sink):
    def __init__(self) -> None:
        self.kept: list[tuple[Schedule, Outcome]] = []

    def take(self, schedule: Schedule, outcome: Outcome) -> None:
        self.kept.append((schedule, outcome))


def generated(subject: Subject, runs: int = 30, seed: int = 0) -> list[tuple[Schedule, Outcome]]:
    sink = Keeping()
    generate(machine_for(subject, ToyWorld(), sink), seed=seed, limits=search_settings(runs))
    return sink.kept


def test_a_recorded_schedule_shows_the_same_when_executed_again() -> None:
    for schedule, outcome in generated(counter("lost")):
        again = execute(ToyWorld(), counter("lost"), schedule)
        assert again.history.events == outcome.history.events
        assert again.judgements == outcome.judgements


def test_a_batch_has_as_many_runs_as_asked_for() -> None:
    assert len(generated(counter(), runs=37)) == 37


def test_most_runs_have_all_rules() -> None:
    kinds = [
        {getattr(s, "f", "wait") for s in schedule.steps} for schedule, _ in generated(counter(), runs=200)
    ]
    assert sum(k >= {"add", "wait"} for k in kinds) > 120


SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:]
import counter_subject
if "{extra}": import {extra} as extra
from test_stateful import generated
from shaketable.schedule import dumps
sys.stdout.buffer.write(b"".join(dumps(s) for s, _ in generated(counter_subject.counter(), seed=4)))
"""


@pytest.mark.parametrize(
    "environment", [{"CI": "1"}, {"PYTHONHASHSEED": "77"}, {"EXTRA": "constants_of_mine"}]
)
def test_another_process_draws_the_same(environment: dict[str, str], tmp_path: Path) -> None:
    """Under CI, under another hash seed, and with a module of constants that Hypothesis would draw from."""
    here = Path(__file__).parent
    (tmp_path / "constants_of_mine.py").write_text(
        "A = [101, 102, 103, 107, 120, 180, 200, 250, 2000, 300]\n"
    )
    script = SCRIPT.format(extra=environment.get("EXTRA", "sys"))
    paths = [str(here), str(here.parents[2]), str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", script, *paths], env=environment, capture_output=True, check=True, cwd=tmp_path
    )
    assert done.stdout == b"".join(dumps(s) for s, _ in generated(counter(), seed=4))


def test_a_step_that_raises_is_reported_as_it_is() -> None:
    with pytest.raises(RuntimeError, match="the adapter is wrong"):
        generated(counter("raise"), runs=100)


def test_a_sink_that_has_enough_ends_the_search() -> None:
    class Five(Keeping):
        def wants(self) -> bool:
            return len(self.kept) < 5

    sink = Five()
    generate(machine_for(counter(), ToyWorld(), sink), seed=0, limits=search_settings(1_000))
    assert len(sink.kept) == 5


def test_an_idle_machine_touches_neither_world_nor_sink() -> None:
    world, sink = ToyWorld(), Keeping()
    machine = idle(machine_for(counter(), world, sink, boundaries=()))
    generate(machine, seed=0, limits=search_settings(20))
    assert (world.opened, sink.kept) == (0, [])


def test_a_machine_of_another_kind_is_refused() -> None:
    class Foreign(hypothesis.stateful.RuleBasedStateMachine):
        @rule()
        def nothing(self) -> None: ...

    from dataclasses import replace

    subject = counter()
    odd = replace(subject, pattern=replace(subject.pattern, machine=lambda s: Foreign))
    with pytest.raises(TypeError, match="does not derive from Machine"):
        machine_for(odd, ToyWorld(), Keeping())


def test_profiles_are_registered_under_names_of_our_own() -> None:
    register_profiles()
    soak = hypothesis.settings.get_profile("shaketable-soak")
    assert soak.max_examples == 5_000
    assert (soak.derandomize, soak.database, soak.deadline) == (False, None, None)


def test_check_raises_the_shortest_story() -> None:
    with pytest.raises(PromiseBroken, match="CT-1 \\(lost add\\)") as caught:
        check(counter("lost"), ToyWorld())
    broken = caught.value
    assert isinstance(broken, AssertionError)
    assert (broken.steps_after, broken.finding.anomaly) == (3, "lost add")
    assert broken.steps_before > 3
    assert execute(ToyWorld(), counter("lost"), broken.schedule).shows("CT-1", "lost add")


def test_check_passes_a_sound_subject() -> None:
    check(counter(), ToyWorld(), settings=hypothesis.settings(max_examples=20, stateful_step_count=15))


def test_check_refuses_a_profile_that_does_not_fit() -> None:
    with pytest.raises(NotCertified, match="calibration: adding 1 gives 1"):
        check(counter(first_add=3), ToyWorld())


def test_check_does_not_pass_what_was_never_exercised() -> None:
    from counter_subject import SumChecker

    blind = counter(checker=SumChecker(blind=True))
    with pytest.raises(NotCertified, match="CT-2 was never exercised in 100 runs"):
        check(blind, ToyWorld(), allow_unknown=("CT-1",))
    check(blind, ToyWorld(), allow_unknown=("CT-1", "CT-2"))


def test_a_check_does_not_pass_while_some_runs_never_become_quiet() -> None:
    class Restless(ToyWorld):
        def open(self, subject: Subject, *, seed: int = 0, trace: bool = False) -> ToySession:
            session = super().open(subject, seed=seed, trace=trace)
            return ToySession(subject, seed, quiet=False) if self.opened % 10 == 9 else session

    with pytest.raises(NotCertified, match=r"CT-2 is unknown: .* never became quiet"):
        check(counter(), Restless(), settings=hypothesis.settings(max_examples=40, stateful_step_count=15))


def route(text: str) -> Route:
    return Boundary.parse(f"{text} #1").route


def test_every_route_is_drawn_as_often_whatever_its_traffic() -> None:
    busy, rare = route("a>db SELECT t"), route("a>db COMMIT t")
    places = Places([*(Boundary(busy, n) for n in range(1, 51)), Boundary(rare, 1)])
    drawn = [places.boundary(pick) for pick in range(1_000)]
    assert sum(b.route == rare for b in drawn) == 500
    assert {b.n for b in drawn if b.route == busy} == set(range(1, 51))


def test_only_parts_of_the_system_lose_power_and_sql_is_not_duplicated() -> None:
    places = Places(
        [Boundary(route("client>order POST /orders"), 1), Boundary(route("order>postgres COMMIT orders"), 1)],
        frozenset({"order"}),
    )
    faults = [places.fault(pick) for pick in range(5_000)]
    senders = {f.boundary.route.sender for f in faults if isinstance(f, CrashSender)}
    receivers = {f.boundary.route.receiver for f in faults if isinstance(f, CrashReceiver)}
    assert (senders, receivers) == ({"order"}, {"order"})
    assert all(f.boundary.route.verb == "POST" for f in faults if isinstance(f, Duplicate | ServerError))
    assert all(f.boundary.route.verb == "COMMIT" for f in faults if isinstance(f, Rollback))
    assert {type(f).__name__ for f in faults} == {
        "Cut", "Drop", "Hold", "Duplicate", "CrashSender", "CrashReceiver", "Rollback", "ServerError"
    }  # fmt: skip


def test_without_boundaries_there_are_no_places() -> None:
    assert not Places(())
    with pytest.raises(ValueError, match="no boundary"):
        Places(()).boundary(3)


def test_the_more_serious_finding_of_one_anomaly_is_kept() -> None:
    from shaketable.history import History
    from shaketable.verdict import Finding, Judgement, Level

    def shown(level: Level) -> Outcome:
        finding = Finding("CT-1", "lost add", "lost", (), level)
        return Outcome(History(), (Judgement("CT-1", 1, (finding,)), Judgement("CT-2", 1)), (), None)

    evidence = Evidence(counter())
    short, long = Schedule("c", (Do("arm"),)), Schedule("c", (Do("arm"), Do("arm")))
    evidence.take(short, shown("LIMIT"))
    evidence.take(long, shown("VIOLATION"))
    evidence.take(short, shown("LIMIT"))
    found = evidence.found["CT-1", "lost add"]
    assert (found.finding.level, found.starts, found.run) == ("VIOLATION", [long], 1)


def test_runs_executed_together_are_those_executed_one_by_one() -> None:
    sink = Keeping()
    machine = machine_for(counter("lost"), ToyWorld(), sink)
    with tuned_interpreter():
        run_state_machine_as_test(hypothesis.seed(0)(machine), settings=search_settings(25))
    alone, together = sink.kept, generated(counter("lost"), runs=25)
    assert [s for s, _ in alone] == [s for s, _ in together]
    assert [o.history.events for _, o in alone] == [o.history.events for _, o in together]


def test_a_run_on_real_servers_is_told_before_the_next_is_drawn() -> None:
    class Watching(Keeping):
        def take(self, schedule: Schedule, outcome: Outcome) -> None:
            super().take(schedule, outcome)
            assert machine.drawn is None

    world = ToyWorld()
    world.name = "processes"
    sink = Watching()
    machine = machine_for(counter(), world, sink)
    generate(machine, seed=0, limits=search_settings(DRAWN_MAX + 2))
    assert len(sink.kept) > DRAWN_MAX / 2  # the others ask for nothing


def test_no_run_takes_place_that_the_sink_does_not_want() -> None:
    class Three(Keeping):
        def wants(self) -> bool:
            return len(self.kept) < 3

    world, sink = ToyWorld(), Three()
    machine = machine_for(counter(), world, sink, boundaries=())
    generate(machine, seed=0, limits=search_settings(100))
    assert (world.opened, len(sink.kept), machine.drawn) == (3, 3, None)
