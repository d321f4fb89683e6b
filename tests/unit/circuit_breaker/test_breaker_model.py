"""The reference state machine, transition by transition."""

from __future__ import annotations

from itertools import product

import pytest
from breaker_history import document, textbook

from shaketable.profile import Profile
from shaketable_patterns.circuit_breaker.model import Model
from shaketable_patterns.circuit_breaker.profile import knobs_of
from shaketable_patterns.circuit_breaker.states import CLOSED, HALF_OPEN, MAY, MUST, NEVER, OPEN

RANK = {OPEN: 0, HALF_OPEN: 1, CLOSED: 2}


def model(profile: Profile) -> Model:
    return Model(knobs_of(profile))


def call(breaker: Model, how: str, now_ms: int = 0, number: int = 1) -> None:
    """Make one call from its admission to its end at one instant, if it is admitted."""
    breaker.tick(now_ms)
    if breaker.allows(now_ms) != NEVER:
        breaker.admit(number, now_ms, 0)
        breaker.result(number, how, now_ms, 0)


def tripped(profile: Profile) -> Model:
    breaker = model(profile)
    for _ in range(10):
        call(breaker, "fail")
    assert breaker.state == OPEN
    return breaker


def test_it_opens_at_half_of_ten_calls_failing_and_not_before_the_tenth() -> None:
    breaker = model(document())
    for how in ["fail"] * 5 + ["ok"] * 4:
        call(breaker, how)
    assert breaker.state == CLOSED
    call(breaker, "ok")
    assert breaker.state == OPEN


def test_four_of_ten_failures_keep_it_closed_and_only_the_last_ten_count() -> None:
    breaker = model(document())
    for how in ["fail"] * 4 + ["ok"] * 10 + ["fail"] * 4:
        call(breaker, how)
    assert breaker.state == CLOSED
    call(breaker, "fail")
    assert breaker.state == OPEN


def test_a_strict_comparison_needs_one_more() -> None:
    breaker = model(textbook(compare=">"))
    for _ in range(3):
        call(breaker, "fail")
    assert breaker.state == CLOSED
    call(breaker, "fail")
    assert breaker.state == OPEN


def test_a_success_ends_a_row_of_failures_and_not_a_total() -> None:
    for rule, state in (("consecutive", CLOSED), ("total", OPEN)):
        breaker = model(textbook(trip_rule=rule))
        for how in ("fail", "fail", "ok", "fail"):
            call(breaker, how)
        assert breaker.state == state


def test_failures_older_than_a_time_window_are_forgotten() -> None:
    knobs = {"trip_rule": "total", "window": "time", "window_ms": 5_000}
    breaker = model(textbook(**knobs))
    for now_ms in (0, 1_000, 5_500):
        call(breaker, "fail", now_ms)
    assert breaker.state == CLOSED
    call(breaker, "fail", 5_600)
    assert breaker.state == OPEN


def test_open_admits_no_call_before_its_wait_and_either_answer_is_right_at_the_instant() -> None:
    breaker = tripped(document())
    answers = [breaker.allows(ms) for ms in (0, 9_998, 9_999, 10_000, 10_001, 10_002)]
    assert answers == [NEVER, NEVER, MAY, MAY, MAY, MUST]


def test_half_open_admits_three_calls_in_all_and_closes_when_two_succeed() -> None:
    breaker = tripped(document())
    for number in (1, 2, 3):
        breaker.admit(number, 10_002, 0)
    assert breaker.allows(10_002) == NEVER
    breaker.result(1, "ok", 10_002, 0)
    assert breaker.allows(10_002) == NEVER
    breaker.result(2, "fail", 10_002, 0)
    breaker.result(3, "ok", 10_002, 0)
    assert breaker.state == CLOSED


def test_two_of_three_failing_probes_open_it_again_and_the_wait_begins_anew() -> None:
    breaker = tripped(document())
    for how in ("fail", "fail", "ok"):
        call(breaker, how, 10_002)
    assert breaker.state == OPEN
    assert breaker.allows(20_000) == NEVER
    assert breaker.allows(20_004) == MUST


def test_a_limit_on_calls_in_flight_frees_a_place_when_one_ends() -> None:
    breaker = model(
        textbook(half_open_limit="concurrent", half_open_permits=1, close_on="successes", close_successes=2)
    )
    for _ in range(3):
        call(breaker, "fail")
    breaker.admit(1, 1_002, 0)
    assert breaker.allows(1_002) == NEVER
    breaker.result(1, "ok", 1_002, 0)
    assert breaker.state == HALF_OPEN
    assert breaker.allows(1_002) == MUST


@pytest.mark.parametrize("how", ["cancelled", "excluded"])
def test_a_call_that_records_nothing_returns_its_permit(how: str) -> None:
    breaker = tripped(document())
    for number in (1, 2, 3):
        breaker.admit(number, 10_002, 0)
    breaker.result(1, how, 10_002, 0)
    assert breaker.allows(10_002) == MUST
    assert breaker.outcomes == []


def test_a_call_of_another_era_returns_no_permit() -> None:
    breaker = model(document())
    breaker.admit(99, 0, 0)
    for _ in range(10):
        call(breaker, "fail")
    for number in (1, 2, 3):
        breaker.admit(number, 10_002, 0)
    breaker.result(99, "cancelled", 10_002, 0)
    assert breaker.allows(10_002) == NEVER


def test_a_late_result_never_closes_an_open_breaker() -> None:
    for stale in ("count", "ignore"):
        breaker = model(document(stale=stale))
        breaker.admit(99, 0, 0)
        for _ in range(10):
            call(breaker, "fail")
        breaker.result(99, "ok", 5_000, 0)
        assert breaker.state == OPEN


def test_a_late_result_counts_in_half_open_only_if_the_profile_says_so() -> None:
    for stale, recorded in (("count", ["."]), ("ignore", [])):
        breaker = model(document(stale=stale))
        breaker.admit(99, 0, 0)
        for _ in range(10):
            call(breaker, "fail")
        breaker.admit(1, 10_002, 0)
        breaker.result(99, "ok", 10_002, 0)
        assert breaker.outcomes == recorded


def test_a_late_failure_extends_open_only_if_the_profile_says_so() -> None:
    for extends, answer in ((True, NEVER), (False, MUST)):
        breaker = model(textbook(late_failure_extends_open=extends))
        breaker.admit(99, 0, 0)
        for _ in range(3):
            call(breaker, "fail")
        breaker.result(99, "fail", 500, 0)
        assert breaker.allows(1_002) == answer


def test_closing_forgets_what_was_recorded_before() -> None:
    breaker = tripped(document())
    for _ in range(3):
        call(breaker, "ok", 10_002)
    for _ in range(9):
        call(breaker, "fail", 10_002)
    assert breaker.state == CLOSED


def test_half_open_that_lasts_too_long_opens_again() -> None:
    breaker = tripped(document(max_half_open_ms=2_000))
    breaker.admit(1, 10_002, 0)
    breaker.tick(12_004)
    assert (breaker.state, breaker.since_ms) == (OPEN, 12_002)


def test_an_automatic_breaker_leaves_open_without_a_call() -> None:
    breaker = tripped(document(leaves_open="automatic"))
    breaker.tick(10_002)
    assert (breaker.state, breaker.since_ms) == (HALF_OPEN, 10_000)


def test_slow_calls_open_it_when_all_are_slow() -> None:
    breaker = model(document())
    for number in range(10):
        breaker.admit(number, 0, 0)
    for number in range(10):
        breaker.result(number, "ok", 60_002, 0)
    assert breaker.state == OPEN


def test_a_call_of_exactly_the_slow_limit_leaves_two_ways_side_by_side() -> None:
    breaker = model(document())
    breaker.admit(1, 0, 0)
    breaker.result(1, "ok", 60_000, 0)
    (other,) = breaker.forks
    assert [breaker.outcomes, other.outcomes] == [["."], ["s"]]


MONOTONE = [
    textbook(),
    textbook(trip_rule="total"),
    textbook(compare=">"),
    document(window_size=4, minimum_calls=3),
    document(window_size=3, failure_threshold=34, compare=">"),
]


@pytest.mark.parametrize("profile", MONOTONE)
def test_turning_a_success_into_a_failure_never_admits_more(profile: Profile) -> None:
    """Enumerate CB-6: every row of six calls on a fresh breaker, every success turned into a failure."""
    ranks = {row: _rank(model(profile), row, 0) for row in product(("ok", "fail"), repeat=6)}
    _assert_monotone(ranks)


@pytest.mark.parametrize(
    "profile", [document(), textbook(close_on="successes", close_successes=2), textbook()]
)
def test_turning_a_probes_success_into_a_failure_never_admits_more(profile: Profile) -> None:
    late_ms = knobs_of(profile).wait_ms + 2
    ranks = {row: _rank(tripped(profile), row, late_ms) for row in product(("ok", "fail"), repeat=3)}
    _assert_monotone(ranks)


def _rank(breaker: Model, row: tuple[str, ...], now_ms: int) -> int:
    for how in row:
        call(breaker, how, now_ms)
    return RANK[breaker.state]


def _assert_monotone(ranks: dict[tuple[str, ...], int]) -> None:
    for row, rank in ranks.items():
        for place, how in enumerate(row):
            if how == "ok":
                worse = (*row[:place], "fail", *row[place + 1 :])
                assert ranks[worse] <= rank, f"{row} against {worse}"
