"""Deviations replay what a policy decided, byte for byte; without orders nothing changes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from shaketable.errors import FileFormatError
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.orders.policy import POLICIES, Orders, Policy
from shaketable.runner import execute
from shaketable.schedule import Schedule, dumps, loads
from shaketable.sim.orders.arrival_order import SLACK_MS
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects
from tests.unit.sim_orders.counter import ADDITIONS, COUNTER, counted, played, told

SAGA = next(s for s in order_subjects() if s.name == "order-saga/hardened")
STORY = SAGA.pattern.workload(SAGA)
TROUBLED = SAGA.pattern.troubled(SAGA)
BY_HAND = Deviation(
    "counter>postgres UPDATE counts #1", "request", Arrival("counter>postgres SELECT counts #2", "request")
)


def policy(name: str, seed: int) -> Policy:
    return Policy(name, seed, object="postgres counts", events=16)


@pytest.mark.parametrize("name", POLICIES)
def test_deviations_replay_what_a_policy_decided(name):
    for seed in range(40):
        found = played(Orders((), policy(name, seed)))
        again = played(Orders(found.deviations))
        assert told(again) == told(found)
        assert again.deviations == found.deviations


@pytest.mark.parametrize("story", [STORY, TROUBLED], ids=["calm", "with faults"])
@pytest.mark.parametrize("name", POLICIES)
def test_so_they_do_for_four_services_with_and_without_faults(name, story):
    for seed in range(1, 6):
        found = execute(SimWorld(), SAGA, story.with_policy(Policy(name, seed, object="kafka orders")))
        again = execute(SimWorld(), SAGA, loads(dumps(story.with_deviations(found.deviations))))
        assert again.history.events == found.history.events


def test_so_they_do_under_a_drawn_timing():
    for seed in range(1, 10):
        found = played(Orders((), policy("pos", seed)), seed=seed)
        assert told(played(Orders(found.deviations), seed=seed)) == told(found)


def told_by_another_process() -> bytes:
    return told(played(Orders(played(Orders((), policy("pos", 7))).deviations)))


def test_another_process_under_another_hash_seed_replays_the_same():
    script = (
        "import sys; from tests.unit.sim_orders.test_replay import told_by_another_process; "
        "sys.stdout.buffer.write(told_by_another_process())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={"PYTHONHASHSEED": "77"},
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    assert done.stdout == told_by_another_process()


def test_the_calm_order_loses_no_addition():
    assert counted(played(None)) == 2
    assert counted(played(Orders())) == 2


def test_one_deviation_is_enough_to_lose_one():
    assert counted(played(Orders((BY_HAND,)))) == 1


def test_a_deviation_that_waits_in_vain_ends_with_the_slack():
    never = Deviation(
        "counter>postgres UPDATE counts #1", "request", Arrival("counter>postgres DELETE counts #9", "reply")
    )
    (first, *_), (calm, *_) = played(Orders((never,))).history.ops(), played(None).history.ops()
    assert first.completed.time_ms - calm.completed.time_ms == SLACK_MS


def test_lateness_in_time_is_kept_to_the_millisecond():
    late = Deviation("client>counter POST /add #1", "reply", late_ms=17)
    (first, *_), (calm, *_) = played(Orders((late,))).history.ops(), played(None).history.ops()
    assert first.completed.time_ms - calm.completed.time_ms == 17


def test_the_file_of_a_schedule_without_orders_does_not_speak_of_them():
    data = dumps(Schedule("counter", ADDITIONS))
    assert b"deviations" not in data
    assert b"policy" not in data
    assert loads(data) == Schedule("counter", ADDITIONS)
    assert loads(data).with_deviations(()) == loads(data)


def test_a_file_keeps_deviations_and_policy():
    schedule = Schedule(COUNTER.name, ADDITIONS).with_deviations([BY_HAND]).with_policy(policy("pct", 3))
    assert loads(dumps(schedule)) == schedule
    assert loads(dumps(schedule)).orders == Orders((BY_HAND,), policy("pct", 3))


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        (b'"counter>postgres UPDATE counts #1"', b'"counter>postgres"'),
        (b'"counter>postgres SELECT counts #2"', b'"the second"'),
        (b'"until"', b'"late_ms": 3, "until"'),
    ],
)
def test_a_deviation_that_means_nothing_is_refused_when_the_file_is_read(written, instead):
    data = dumps(Schedule(COUNTER.name, ADDITIONS).with_deviations([BY_HAND]))
    with pytest.raises(FileFormatError):
        loads(data.replace(written, instead))


def test_a_world_that_decides_no_orders_says_so():
    class Other:
        name = "other"
        traits = SimWorld.traits

        def open(self, subject, *, seed=0, trace=False):
            return SimWorld().open(subject, seed=seed, trace=trace)

    outcome = execute(Other(), COUNTER, Schedule(COUNTER.name, ADDITIONS).with_deviations([BY_HAND]))
    assert outcome.unknown == "in other nothing decides what arrives next"
