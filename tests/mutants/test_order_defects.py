"""The ten order defects: right when first in is first out, wrong by a stored schedule; `tests.bench.order_defects` says how soon each is found."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from random import Random
from statistics import median
from types import SimpleNamespace

import msgspec
import pytest

from shaketable.explore.mutation import hunt
from shaketable.orders.policy import POLICIES, Policy
from shaketable.runner import Outcome, execute
from shaketable.schedule import Inject, Schedule, dumps, loads
from shaketable.sim.world import SimWorld
from shaketable.subject import System
from shaketable_targets.order_system.app import make_service
from tests.campaigns import every
from tests.mutants.orders.catalogue import DEFECTS
from tests.mutants.orders.declared import OrderDefect
from tests.mutants.orders.stored import DEVIATIONS_MAX, shows, stored

STORED = stored()
WORKLOADS = 20
RUNS_WITH_ORDERS = 20

of_each = pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)


def drawn(defect: OrderDefect, seed: int) -> Schedule:
    return Schedule(defect.wrong.name, defect.draw(Random(seed)))


def replayed(defect: OrderDefect) -> Outcome:
    return execute(SimWorld(), defect.wrong, STORED[defect.name])


def digests() -> dict[str, str]:
    """Return the digest of the history of each stored schedule."""
    histories = {defect.name: msgspec.json.encode(replayed(defect).history.events) for defect in DEFECTS}
    return {name: hashlib.sha256(history).hexdigest() for name, history in histories.items()}


def test_there_are_ten_each_with_a_promise_of_its_own():
    assert len(DEFECTS) == 10
    promises = [promise.id for defect in DEFECTS for promise in defect.wrong.pattern.promises]
    assert len(set(promises)) == 10
    for defect in DEFECTS:
        assert defect.wrong.summary
        assert defect.wrong.kills == tuple(p.id for p in defect.wrong.pattern.promises)
        assert defect.wrong.mutant_of == defect.right.name


@of_each
def test_no_workload_has_a_fault_and_first_in_first_out_both_systems_keep_the_promise(defect):
    exercised = 0
    for seed in range(WORKLOADS):
        schedule = drawn(defect, seed)
        assert not any(isinstance(step, Inject) for step in schedule.steps)
        for subject in (defect.wrong, defect.right):
            outcome = execute(SimWorld(), subject, schedule)
            assert outcome.findings == []
            assert outcome.unknown == ""
            exercised += outcome.judgements[0].exercised
    assert exercised >= WORKLOADS


@of_each
def test_the_twin_keeps_the_promise_in_other_orders_too(defect):
    for name in POLICIES:
        for seed in range(RUNS_WITH_ORDERS):
            schedule = drawn(defect, seed).with_policy(Policy(name, seed))
            outcome = execute(SimWorld(), defect.right, schedule)
            assert outcome.findings == []
            assert outcome.unknown == ""


@of_each
def test_a_stored_schedule_shows_it_by_at_most_three_deviations_and_no_fault(defect):
    schedule = STORED[defect.name]
    assert 1 <= len(schedule.deviations or ()) <= DEVIATIONS_MAX
    assert not schedule.policy
    assert not any(isinstance(step, Inject) for step in schedule.steps)
    assert shows(defect, schedule)
    (finding,) = replayed(defect).findings
    assert (finding.promise,) == defect.wrong.kills


@of_each
def test_the_stored_schedule_replays_to_the_byte_from_a_file_too(defect):
    schedule = STORED[defect.name]
    first, again = replayed(defect), execute(SimWorld(), defect.wrong, loads(dumps(schedule)))
    assert first.history.events == again.history.events
    assert first.deviations == again.deviations


def test_two_other_processes_under_other_hash_seeds_replay_the_same():
    script = "import json; from tests.mutants.test_order_defects import digests; print(json.dumps(digests()))"
    for hash_seed in ("1", "77"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            check=True,
            cwd=Path(__file__).parents[2],
            timeout=60,
        )
        assert json.loads(done.stdout) == digests()


@pytest.mark.parametrize("defect", every(3, DEFECTS), ids=lambda defect: defect.name)
def test_a_search_finds_it_within_a_hundred_runs(defect):
    found = [hunt(defect.wrong, SimWorld(), runs_max=200, seed=seed).runs_to_kill for seed in range(3)]
    assert median(runs or 201 for runs in found) <= 100


@of_each
def test_real_servers_make_the_same_services_of_their_environment(defect):
    for subject in (defect.wrong, defect.right):
        assert isinstance(subject.target, System)
        assert set(subject.target.schema) == {"shop"}
        for part in subject.target.parts:
            here, there = part.make(_Ports()), make_service(_Ports(), part.env)
            assert type(here) is type(there)


class _Ports:
    """Ports that no service uses before it is started."""

    name = "any"
    clock = SimpleNamespace(monotonic_ms=lambda: 0)
