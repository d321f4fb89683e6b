"""Strategies that are drawn from without Hypothesis's engine, and those that are left to it."""

from __future__ import annotations

import enum
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle

from shaketable.explore.generate.places import PICK
from shaketable.explore.generate.plain_strategies import plain_draw


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


PLAIN: list[tuple[st.SearchStrategy[Any], set[Any]]] = [
    (st.integers(0, 3), {0, 1, 2, 3}),
    (st.integers(min_value=-2, max_value=1), {-2, -1, 0, 1}),
    (st.integers(7, 7), {7}),
    (st.sampled_from(("ok", "fail", "fail")), {"ok", "fail"}),
    (st.sampled_from([10, 300]), {10, 300}),
    (st.sampled_from((False, 0.0)), {False}),
    (st.sampled_from(Colour), {Colour.RED, Colour.GREEN}),
    (st.booleans(), {False, True}),
    (st.just("x"), {"x"}),
    (st.none(), {None}),
]


@pytest.mark.parametrize(("strategy", "values"), PLAIN, ids=[repr(strategy)[:40] for strategy, _ in PLAIN])
def test_a_plain_strategy_gives_all_of_its_values(strategy: st.SearchStrategy[Any], values: set[Any]) -> None:
    """If one is no longer plain, this version of Hypothesis has other names: `plain_strategies` says which are read."""
    draw = plain_draw(strategy, Random(0))
    assert draw is not None, "drawn by Hypothesis's engine: have its public names moved?"
    assert {draw() for _ in range(200)} == values


def test_values_are_as_likely_as_their_places() -> None:
    draw = plain_draw(st.sampled_from(("ok", "fail", "fail")), Random(0))
    assert draw is not None
    drawn = Counter(draw() for _ in range(3_000))
    assert 900 < drawn["ok"] < 1_100


@pytest.mark.parametrize("bits", [32, 70])
def test_numbers_of_any_size_are_spread_over_their_range(bits: int) -> None:
    strategy = PICK if bits == 32 else st.integers(0, 2**bits - 1)
    draw = plain_draw(strategy, Random(0))
    assert draw is not None
    numbers = [draw() for _ in range(400)]
    assert all(isinstance(number, int) and 0 <= number < 2**bits for number in numbers)
    assert {number >> (bits - 3) for number in numbers if isinstance(number, int)} == set(range(8))
    assert sum(isinstance(number, int) and number % 2 for number in numbers) > 150


OTHERS: list[st.SearchStrategy[Any]] = [
    st.integers(),
    st.integers(0),
    st.integers(max_value=3),
    st.integers(0, 3).map(str),
    st.integers(0, 3).filter(bool),
    st.sampled_from((1, 2)).map(str),
    st.sampled_from((1, 2)).filter(bool),
    st.just(1).map(str),
    st.booleans().map(int),
    st.none() | st.booleans(),
    st.floats(0, 1),
    st.text(),
    st.tuples(st.booleans()),
    st.lists(st.booleans()),
    st.data(),
    st.builds(Counter),
    Bundle("coins"),
]


@pytest.mark.parametrize("strategy", OTHERS, ids=lambda it: repr(it)[:40])
def test_all_other_strategies_are_left_to_hypothesis(strategy: st.SearchStrategy[Any]) -> None:
    assert plain_draw(strategy, Random(0)) is None


def test_a_strategy_whose_names_have_moved_is_left_to_hypothesis() -> None:
    class Moved:
        lowest, highest = 0, 3

        def __repr__(self) -> str:
            return repr(st.integers(0, 3))

    class Changed(Moved):
        start, end = 1, 3

    assert plain_draw(Moved(), Random(0)) is None
    assert plain_draw(Changed(), Random(0)) is None
