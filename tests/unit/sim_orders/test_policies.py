"""What each policy promises of the orders that it draws, on programs of a few events."""

from __future__ import annotations

from collections import Counter
from math import comb
from random import Random

import pytest

from shaketable.sim.orders.mutating import Mutating
from shaketable.sim.orders.pct import Pct
from shaketable.sim.orders.pos import PartialOrderSampling
from shaketable.sim.orders.random_walk import RandomWalk
from shaketable.sim.orders.surw import SelectivelyUniform
from tests.unit.sim_orders.tiny_program import pending, run, share

TWO = {"a": ["x"] * 3, "b": ["x"] * 3}
LONG = {"a": ["x"] * 1, "b": ["y"] * 9 + ["x"]}
RUNS = 3_000
ALL = [
    RandomWalk,
    lambda chance: Pct(chance, 3, 6),
    PartialOrderSampling,
    lambda chance: SelectivelyUniform(chance, "server x", {"a": 3, "b": 3}),
    lambda chance: Mutating(chance, 6),
]


@pytest.mark.parametrize("policy", ALL)
def test_every_policy_decides_the_same_again(policy):
    assert all(run(TWO, policy(Random(seed))) == run(TWO, policy(Random(seed))) for seed in range(50))


@pytest.mark.parametrize("policy", ALL)
def test_every_policy_draws_several_orders_and_keeps_that_of_each_thread(policy):
    orders = {run(TWO, policy(Random(seed))) for seed in range(200)}
    assert len(orders) > 3
    for order in orders:
        assert [event for event in order if event[0] == "a"] == ["a1", "a2", "a3"]


@pytest.mark.parametrize("policy", ALL[:3])
def test_time_passes_now_and_then_but_only_where_it_may(policy):
    chosen = [policy(Random(seed)).choose([pending("a", 0, 0, 1, "x")], may_wait=True) for seed in range(100)]
    assert 20 < chosen.count(None) < 80
    assert all(
        policy(Random(seed)).choose([pending("a", 0, 0, 1, "x")], may_wait=False) for seed in range(100)
    )


# -- random walk -----------------------------------------------------------------------------------------


def test_in_a_random_walk_an_event_is_late_the_less_likely_the_more_must_come_first():
    last = share(LONG, RandomWalk, lambda order: order[-1] == "a1", RUNS)
    assert last == pytest.approx(2**-10, abs=0.003)


# -- PCT -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("program", [LONG, {"a": ["x"], "b": ["y"] * 30}])
def test_pct_finds_what_needs_one_ordered_pair_with_a_probability_of_one_in_the_number_of_threads(program):
    """Depth 1: 1/n, however long the other thread is. A random walk finds it once in 2^10 runs."""
    found = share(program, lambda chance: Pct(chance, 1, 31), lambda order: order[-1] == "a1", RUNS)
    assert found >= 0.9 / 2


def test_pct_finds_what_needs_two_ordered_pairs_with_its_probability():
    """a1 before b1 and b2 before a2: depth 2, so at least 1/(n k)."""
    program = {"a": ["x", "x"], "b": ["x", "x"], "c": ["y"] * 4}

    def is_between(order):
        return order.index("a1") < order.index("b1") and order.index("b2") < order.index("a2")

    found = share(program, lambda chance: Pct(chance, 2, 8), is_between, RUNS)
    assert found >= 1 / (3 * 8)


def test_pct_of_depth_one_never_changes_a_priority():
    orders = {run(TWO, Pct(Random(seed), 1, 6)) for seed in range(100)}
    assert orders == {("a1", "a2", "a3", "b1", "b2", "b3"), ("b1", "b2", "b3", "a1", "a2", "a3")}


# -- POS -------------------------------------------------------------------------------------------------


def test_pos_is_not_misled_by_events_that_concern_no_other_thread():
    """The basic form without new priorities, and a random walk, find the last place of `a1` far less often."""
    program = {"a": ["x"], "b": ["x"] * 5}
    last = share(program, PartialOrderSampling, lambda order: order[-1] == "a1", RUNS)
    walked = share(program, RandomWalk, lambda order: order[-1] == "a1", RUNS)
    assert last == pytest.approx(2**-5, abs=0.01)  # drawn anew after each of the five
    assert walked == pytest.approx(2**-5, abs=0.01)
    apart = {"a": ["x"], "b": ["y"] * 5}
    last = share(apart, PartialOrderSampling, lambda order: order[-1] == "a1", RUNS)
    assert last == pytest.approx(1 / 6, abs=0.03)  # none conflicts: one priority among six


def test_pos_draws_again_only_for_what_conflicts():
    first, second, other = (
        pending(*one) for one in (("a", 0, 0, 1, "x"), ("b", 1, 0, 2, "r:x"), ("c", 2, 0, 3, "y"))
    )
    reader = pending("d", 3, 0, 4, "r:x")
    assert first.conflicts_with(second)
    assert second.conflicts_with(first)
    assert not second.conflicts_with(reader)
    assert not first.conflicts_with(other)


# -- SURW ------------------------------------------------------------------------------------------------


def test_surw_makes_all_orders_of_the_interesting_events_equally_likely():
    policy = ALL[3]
    counts = Counter(run(TWO, policy(Random(seed))) for seed in range(RUNS * 2))
    assert len(counts) == comb(6, 3)
    expected = RUNS * 2 / comb(6, 3)
    assert (
        sum((n - expected) ** 2 / expected for n in counts.values()) < 43.8
    )  # chi-square, 19 degrees, p = 0.001
    walked = Counter(run(TWO, RandomWalk(Random(seed))) for seed in range(RUNS * 2))
    assert sum((n - expected) ** 2 / expected for n in walked.values()) > 1_000


def test_surw_is_not_misled_by_events_that_do_not_interest():
    policy = lambda chance: SelectivelyUniform(chance, "server x", {"a": 1, "b": 1})  # noqa: E731
    last = share(LONG, policy, lambda order: order.index("a1") > order.index("b10"), RUNS)
    assert last == pytest.approx(1 / 2, abs=0.05)


# -- mutating --------------------------------------------------------------------------------------------


def test_a_mutation_begins_first_in_first_out_and_ends_otherwise():
    orders = [run(TWO, Mutating(Random(seed), 6)) for seed in range(300)]
    calm = ("a1", "b1", "a2", "b2", "a3", "b3")
    alike = Counter(
        next((n for n, (one, other) in enumerate(zip(order, calm, strict=True)) if one != other), 6)
        for order in orders
    )
    assert set(alike) >= {0, 1, 2, 3, 4}
