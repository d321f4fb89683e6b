"""Runs on the same servers do not mix, also where a service draws every id: nothing of an earlier run shows in a later one."""

from collections import Counter
from pathlib import Path

import pytest

from shaketable.fault import Partition
from shaketable.history import History
from shaketable.real.world import RealWorld
from shaketable.runner import execute
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable_patterns.described.subject import subject_from
from tests.processes.started import needs_the_extra

HERE = Path(__file__).parent
PLAIN, STICKS = Do("take", {"kind": "plain"}), Do("take", {"kind": "sticks"})

pytestmark = needs_the_extra


@pytest.fixture(scope="module")
def subject():
    return subject_from(HERE / "drawn_ids.toml")


def run(world: RealWorld, subject, *steps: Step) -> History:
    return execute(world, subject, Schedule(subject.name, steps)).history


def became_quiet(history: History) -> bool:
    return next(e.value["quiet"] for e in history if e.kind == "phase" and e.name == "quiet")


def counted(history: History) -> Counter[str]:
    """Count what happened: ops answered, rows, records and deliveries."""
    found: Counter[str] = Counter(
        e.name for e in history if e.kind == "ok" or e.name in ("append", "deliver")
    )
    for event in history:
        if event.name == "commit":
            found.update(f"{verb} {table}" for verb, table, _ in event.value["writes"])
    return found


EACH_ONCE = {"take": 1, "append": 1, "deliver": 1, "insert thing": 1, "update thing": 1, "insert done": 1}


def test_a_run_counts_what_is_its_own(world, subject):
    for _ in range(2):
        assert counted(run(world, subject, PLAIN)) == EACH_ONCE


@pytest.mark.parametrize(
    "left",
    [
        (STICKS, PLAIN, PLAIN),  # records that were not read
        (STICKS, Wait(2_000), Inject(Partition(sender="api", receiver="kafka", for_ms=90_000)), PLAIN, PLAIN),
    ],
    ids=["records", "rows that were not told"],
)
def test_what_a_run_left_undone_is_no_part_of_the_next(world, subject, left):
    assert counted(run(world, subject, *left))["insert done"] < 3
    after = run(world, subject, PLAIN, PLAIN)
    assert became_quiet(after)
    assert counted(after) == {what: 2 * count for what, count in EACH_ONCE.items()}
    assert all(e.value["offset"] >= 0 for e in after if e.name == "deliver")
