"""The timing that a seed draws: one of its own for the same schedule, the same every time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from shaketable.conformance.shop import shop
from shaketable.conformance.suite import Claims, check_world
from shaketable.fault import Crash, Drop
from shaketable.history import History
from shaketable.ports import Ports, Request
from shaketable.runner import Run
from shaketable.schedule import Do, Inject, Step, Wait
from shaketable.sim.timing import LATE_MS_MAX, PACE_MS_MAX, START_MS_MAX, VARIES_MS
from shaketable.sim.world import SimWorld
from shaketable.subject import Completion, DatabaseSpec, Part, Subject, System, Table
from tests.unit.sim_world.shop import PATTERN, SUBJECT, Answer

STORY: tuple[Step, ...] = (
    Inject(Drop(at="shop>kafka PRODUCE sales/s1 #1", leg="reply")),
    Do("buy", "s1"),
    Do("buy", "s2"),
    Inject(Crash(service="reader", down_ms=100)),
    Wait(2_000),
)


class Ticker:
    """Writes a row every second."""

    def __init__(self, ports: Ports) -> None:
        self.ports = ports
        self.ticks = 0

    async def start(self) -> None:
        self.task = asyncio.create_task(self.tick())

    async def stop(self) -> None:
        self.task.cancel()

    async def handle(self, request: Request) -> Answer:
        return Answer(404)

    async def tick(self) -> None:
        while True:
            await self.ports.clock.sleep(1_000)
            self.ticks += 1
            async with self.ports.database.transaction() as t:
                await t.insert("ticks", {"id": str(self.ticks)})


async def perform(ports: object, do: Do) -> Completion:
    return Completion("ok")


TICKING = Subject(
    "ticker",
    PATTERN,
    SUBJECT.profile,
    System(
        parts=(Part("ticker", Ticker, "ticks"),),
        perform=perform,
        databases=(DatabaseSpec("ticks", (Table("ticks", ("id",)),)),),
        topics=(),
    ),
)


class Drawn(SimWorld):
    """Every run under one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def open(self, subject, *, seed=0, trace=False):
        return super().open(subject, seed=self._seed, trace=trace)


def played(seed: int, steps: tuple[Step, ...] = STORY, subject: Subject = SUBJECT) -> History:
    run = Run(SimWorld(), subject, seed=seed)
    for step in steps:
        run.step(step)
    return run.finish()


def told(seed: int) -> bytes:
    return msgspec.json.encode(played(seed).events)


def ticks_ms(seed: int) -> list[int]:
    history = played(seed, (Wait(5_000),), TICKING)
    begun_ms = next(e.time_ms for e in history if e.name == "safety")
    return [e.time_ms - begun_ms for e in history if e.name == "commit" and e.time_ms > begun_ms]


def test_seed_0_is_calm():
    assert told(0) == msgspec.json.encode(played(0).events)
    assert [e.time_ms for e in played(0) if e.kind == "invoke"] == [0, 0]
    assert ticks_ms(0)[:2] == [1_001, 2_003]


def test_the_same_seed_gives_the_same_bytes():
    assert [told(seed) for seed in range(1, 6)] == [told(seed) for seed in range(1, 6)]


def test_another_process_under_another_hash_seed_draws_the_same():
    script = "import sys; from tests.unit.sim_world.test_drawn_timing import told; sys.stdout.buffer.write(told(7))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONHASHSEED": "77"},
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == told(7)


def test_every_seed_draws_a_timing_of_its_own():
    assert len({told(seed) for seed in range(20)}) == 20


def test_what_is_drawn_stays_within_what_real_servers_were_seen_to_do():
    for seed in range(1, 20):
        first, second = (op for op in played(seed, STORY[1:3]).ops())
        assert 0 <= second.invoked.time_ms - first.invoked.time_ms <= LATE_MS_MAX
        answer_ms = first.completed.time_ms - first.invoked.time_ms
        assert 4 <= answer_ms <= 5 * (PACE_MS_MAX + VARIES_MS + 1)


def test_services_are_somewhere_in_their_intervals_when_a_run_begins():
    firsts = [ticks_ms(seed)[0] for seed in range(1, 30)]
    assert min(firsts) < 200
    assert max(firsts) > 800
    assert max(firsts) <= 1_000 + 2 * PACE_MS_MAX
    for seed in range(1, 30):
        first, second = ticks_ms(seed)[:2]
        assert 1_000 <= second - first <= 1_000 + 2 * (PACE_MS_MAX + VARIES_MS + 1)


@pytest.mark.parametrize("seed", [3, 8])
def test_faults_mean_the_same_under_a_drawn_timing(seed):
    slack_ms = START_MS_MAX  # of one party; a heal starts them one after the other
    check_world(
        Drawn(seed), shop(), Claims(late_ms=slack_ms, early_ms=2 * LATE_MS_MAX, start_ms=4 * slack_ms)
    )
