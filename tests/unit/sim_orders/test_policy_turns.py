"""Policies by turns: half of the runs first in, first out, the others drawn from the batch's seed; and what is said of them."""

from __future__ import annotations

from functools import cache

import msgspec
import pytest

from shaketable.certificate import OrdersTried
from shaketable.explore.budget import Budget
from shaketable.explore.certify import certify_subject
from shaketable.explore.generate.policy_turns import TURNS, PolicyTurns
from shaketable.explore.reproduce import differences
from shaketable.orders.policy import POLICIES
from shaketable.report.console import notes
from shaketable.report.verification.evidence import contradictions
from shaketable.runner import execute
from shaketable.schedule import Schedule
from shaketable.sim.world import SimWorld
from shaketable_patterns.catalogue import order_subjects
from tests.unit.sim_orders.counter import ADDITIONS, COUNTER

SUBJECT = next(subject for subject in order_subjects() if subject.name == "order-outbox/hardened")
DRAWN = Schedule(COUNTER.name, ADDITIONS)


def dealt(turns: PolicyTurns, runs: int) -> list[Schedule]:
    schedules = []
    for _ in range(runs):
        schedules.append(turns.deal(DRAWN))
        turns.learn(schedules[-1], execute(SimWorld(records_accesses=True), COUNTER, schedules[-1]))
    return schedules


@cache
def certified(runs: int):
    return certify_subject(SUBJECT, SimWorld(), Budget(runs=runs, replays=1), 3, now_s=lambda: 0.0).result


def test_every_policy_has_its_turn_and_half_of_the_turns_are_first_in_first_out():
    assert {name for name in TURNS if name} == set(POLICIES)
    assert TURNS.count(None) * 2 == len(TURNS)
    names = [s.policy.name if s.policy else None for s in dealt(PolicyTurns(1), len(TURNS))]
    assert names == list(TURNS)


def test_the_seed_of_the_batch_decides_every_policy():
    assert dealt(PolicyTurns(5), 30) == dealt(PolicyTurns(5), 30)
    assert dealt(PolicyTurns(5), 30) != dealt(PolicyTurns(6), 30)


def test_estimates_come_from_earlier_runs():
    schedules = dealt(PolicyTurns(1), 40)
    first, *_, last = (s.policy for s in schedules if s.policy and s.policy.name == "pct")
    assert first.events > 1
    assert last.events >= first.events
    surw = [s.policy for s in schedules if s.policy and s.policy.name == "surw"]
    assert all(policy.object and sum(policy.threads.values()) > 1 for policy in surw)


def test_what_came_in_a_new_order_is_kept_once_and_mutated():
    turns = PolicyTurns(1)
    schedules = dealt(turns, 100)
    assert 2 <= len(turns.kept) < 50
    mutated = [s for s in schedules if s.policy and s.policy.name == "mutating"]
    assert any(s.deviations for s in mutated)
    assert any(not s.deviations for s in mutated)


def test_a_certificate_says_which_orders_were_tried():
    result = certified(40)
    orders = result.orders
    assert orders is not None
    assert orders.runs == {"": 20, "mutating": 4, "pct": 4, "pos": 4, "random-walk": 4, "surw": 4}
    assert 10 <= orders.different <= 20
    assert any(
        "20 runs first in, first out; 20 decided by policies (mutating 4," in text.plain
        for text in notes(result)
    )
    assert not any("different orders" in problem for problem in contradictions(SUBJECT, result))


FORGED = {
    "too few runs": (20, {"": 20}, 3),
    "more different orders than runs decided": (40, {"": 39, "pos": 1}, 2),
    "a number of runs below nothing": (40, {"": 60, "pos": -20}, -20),
    "another policy": (40, {"": 20, "pct": 20}, 15),
    "more runs decided": (40, {"": 10, "mutating": 4, "pct": 4, "pos": 4, "random-walk": 4, "surw": 14}, 15),
    "more different orders": (
        40,
        {"": 20, "mutating": 4, "pct": 4, "pos": 4, "random-walk": 4, "surw": 4},
        20,
    ),
    "fewer different orders": (
        40,
        {"": 20, "mutating": 4, "pct": 4, "pos": 4, "random-walk": 4, "surw": 4},
        3,
    ),
}


@pytest.mark.parametrize(("claimed", "runs", "different"), FORGED.values(), ids=FORGED)
def test_a_certificate_that_claims_other_orders_than_runs_is_not_believed(claimed, runs, different):
    result = certified(40)
    assert sum(runs.values()) == claimed
    assert result.orders.different < 20
    forged = msgspec.structs.replace(result, orders=OrdersTried(runs, different))
    assert list(contradictions(SUBJECT, forged))


def test_a_certificate_that_is_silent_on_its_orders_is_not_believed():
    forged = msgspec.structs.replace(certified(40), orders=None)
    assert any("runs by policy" in problem for problem in contradictions(SUBJECT, forged))


def test_orders_that_came_in_several_batches_are_not_contradicted():
    result = certified(300)
    assert len(result.batches) == 2
    seen = [batch.counts.orders for batch in result.batches]
    assert max(seen) < result.orders.different <= sum(seen)
    assert list(contradictions(SUBJECT, result)) == []


def test_a_batch_with_policies_is_made_again_byte_for_byte():
    result = certified(30)
    assert [problem for _, problem in differences(SUBJECT, SimWorld(), result, [0])] == ["", "", ""]
