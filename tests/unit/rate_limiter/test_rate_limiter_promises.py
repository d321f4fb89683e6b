"""Handwritten histories, red and green, for each anomaly of a rate limiter."""

from __future__ import annotations

from typing import Any

import pytest
from limiter_history import LimiterHistory, profile, windows

from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.rate_limiter.profile import DOCUMENT, knobs_of

BUCKET, EMPTY = profile(), profile(starts="empty")
WAITS = profile(excess="wait")
WALL = profile(clock="wall")
LOG, COUNTER = windows("sliding_log"), windows("sliding_counter")
BY_CLOCK, BY_CALL = windows("fixed_window", window_from="clock"), windows("fixed_window")


def history() -> LimiterHistory:
    return LimiterHistory()


def test_a_bucket_that_is_used_up_and_refills_breaks_nothing_and_all_is_tried() -> None:
    green = history().admit(2).refuse().admit(2, "y").wait(101).admit().refuse(worker="b").set_clock(-60_000)
    green.refuse().wait(101).admit(worker="b").refuse()
    judged = green.judged(BUCKET)
    assert green.found(BUCKET) == []
    assert {promise: judged[promise].exercised > 0 for promise in judged} == dict.fromkeys(judged, True)


def test_one_call_beyond_the_burst_is_over_admitted_and_proved_by_all_of_the_interval() -> None:
    red = history().admit(2).wait(50).admit()
    (finding,) = red.findings(BUCKET)
    assert (finding.promise, finding.anomaly) == ("RL-1", "over-admitted")
    assert [red.history[i].process for i in finding.witness] == ["call-1", "call-2", "call-3"]
    assert finding.message == "3 calls are admitted within 50 ms, by a token_bucket of 10 in 1000 ms, burst 2"


@pytest.mark.parametrize("early_ms", [0, 1])
def test_at_the_instant_at_which_a_call_comes_back_either_answer_is_right(early_ms: int) -> None:
    for answered in (history().admit(2).wait(100 - early_ms).admit(), history().admit(2).wait(101).refuse()):
        assert answered.found(BUCKET) == []


def test_a_bucket_that_begins_empty_owes_nothing_and_admits_nothing_at_first() -> None:
    assert history().refuse().wait(101).admit().refuse().found(EMPTY) == []
    assert history().admit().found(EMPTY) == ["RL-1 over-admitted VIOLATION"]
    assert history().refuse().found(BUCKET) == ["RL-3 refused-with-room VIOLATION"]
    assert history().refuse().wait(102).refuse().found(EMPTY) == ["RL-2 refusal-consumed VIOLATION"]


def test_a_bucket_that_refills_at_intervals_gets_all_of_a_period_at_once() -> None:
    at_once = profile(refill="interval", rate=2, burst=2)
    assert history().admit(2).wait(1_010).admit(2).found(at_once) == []
    assert history().admit(2).wait(500).refuse().found(at_once) == []
    assert history().admit(2).wait(10).admit(3).found(at_once) == ["RL-1 over-admitted VIOLATION"]
    assert history().admit(2).wait(1_010).refuse().found(at_once) == ["RL-3 refused-with-room VIOLATION"]


def test_a_refusal_that_only_the_refused_explain_consumes() -> None:
    red = history().admit(2).refuse(2).wait(150).refuse()
    (finding,) = red.findings(BUCKET)
    assert (finding.promise, finding.anomaly) == ("RL-2", "refusal-consumed")
    assert (
        "call 5 (key x, worker a) is refused although there was room; it would be right if refused"
        in finding.message
    )
    assert red.found(profile(refused="consumes")) == []


def test_a_refusal_while_there_is_room_is_wrong() -> None:
    assert history().admit().refuse().found(BUCKET) == ["RL-3 refused-with-room VIOLATION"]
    assert history().admit(2).wait(102).refuse().found(BUCKET) == ["RL-3 refused-with-room VIOLATION"]


def test_a_call_that_raises_what_is_no_refusal_and_met_no_fault_is_refused() -> None:
    red = history()
    red.end(red.begin(), "fail", {"rejected": False, "error": "ZeroDivisionError"})
    assert red.found(BUCKET) == ["RL-3 refused-with-room VIOLATION"]


def test_two_workers_that_share_no_budget_are_told_from_one_that_takes_too_much() -> None:
    red = history().admit(2).admit(2, worker="b")
    assert red.found(BUCKET) == ["RL-4 budget-not-shared VIOLATION"]
    assert "4 calls of workers a and b are admitted within 0 ms" in red.findings(BUCKET)[0].message
    assert red.found(profile(workers="own")) == []
    assert history().admit(3).admit(1, worker="b").found(BUCKET) == ["RL-1 over-admitted VIOLATION"]


def test_calls_in_flight_together_that_take_too_much_share_no_budget() -> None:
    red = history().admit()
    first, second = red.begin(), red.begin()
    red.end(first, "ok", {"result": True}).end(second, "ok", {"result": True})
    assert red.found(BUCKET) == ["RL-4 budget-not-shared VIOLATION"]


def test_calls_in_flight_together_that_are_both_refused_may_be_declared() -> None:
    red = history().admit()
    first, second = red.begin(), red.begin()
    red.end(first, "ok", {"result": False}).end(second, "ok", {"result": False})
    assert red.found(BUCKET) == ["RL-3 refused-with-room VIOLATION"]
    assert red.found(profile(together="may_refuse")) == []


def test_budgets_of_workers_that_are_declared_apart_are_kept_apart() -> None:
    red = history().admit(2).refuse(worker="b")
    assert red.found(profile(workers="own")) == ["RL-4 budgets-mixed VIOLATION"]
    assert red.found(BUCKET) == []


def test_a_clock_that_is_set_mints_and_blocks_nothing() -> None:
    minted = history().admit(2).set_clock(60_000).admit()
    blocked = history().admit(2).set_clock(-60_000).wait(500).refuse()
    assert minted.found(BUCKET) == ["RL-5 minted-by-clock VIOLATION"]
    assert blocked.found(BUCKET) == ["RL-5 blocked-by-clock VIOLATION"]
    assert minted.found(WALL) == blocked.found(WALL) == []


def test_a_declared_wall_clock_mints_what_it_is_set_ahead_and_blocks_for_what_it_is_set_back() -> None:
    assert history().admit(2).set_clock(-60_000).admit().found(WALL) == ["RL-5 minted-by-clock VIOLATION"]
    assert history().admit(2).set_clock(100).admit(2).found(WALL) == ["RL-5 minted-by-clock VIOLATION"]
    late = history().admit(2).set_clock(-1_000).wait(1_300).refuse()
    assert late.found(WALL) == ["RL-5 blocked-by-clock VIOLATION"]
    assert history().admit(2).set_clock(-1_000).wait(1_050).refuse().found(WALL) == []


def test_a_key_that_is_refused_for_what_another_took_is_not_isolated() -> None:
    red = history().admit(2).refuse(key="y")
    (finding,) = red.findings(BUCKET)
    assert (finding.promise, finding.anomaly) == ("RL-6", "keys-not-isolated")
    assert [red.history[i].process for i in finding.witness] == ["call-1", "call-2", "call-3"]
    assert red.found(profile(keys="one")) == []
    assert history().admit(2).admit(2, "y").found(profile(keys="one")) == ["RL-1 over-admitted VIOLATION"]


@pytest.mark.parametrize("ends", ["admits", "refuses", "raises"])
@pytest.mark.parametrize("declared", ["open", "closed", "raises"])
def test_without_its_store_it_fails_as_declared(ends: str, declared: str) -> None:
    store = profile(clock="store", store_lost=declared)
    told = {"admits": "opened", "refuses": "closed", "raises": "raised"}[ends]
    is_right = told.startswith(declared[:4])
    lost = history().admit(2).lose(ends) if ends == "admits" else history().lose(ends)
    expected = [] if is_right else [f"RL-6 {told}-without-store OFF-PROFILE"]
    assert lost.found(store) == expected
    assert lost.judged(store)["RL-6"].exercised == 1


def test_what_a_lost_call_took_is_not_known() -> None:
    store = profile(clock="store", store_lost="closed")
    assert history().lose("refuses").refuse().found(store) == []
    assert history().lose("refuses").admit(2).found(store) == []
    assert history().lose("refuses").admit(3).found(store) == ["RL-1 over-admitted VIOLATION"]


def test_a_limiter_in_memory_begins_anew_after_a_crash() -> None:
    assert history().admit(2).crash().admit(2).found(BUCKET) == []
    kept = profile(clock="store", store_lost="closed")
    assert history().admit(2).crash().admit(2).found(kept) == ["RL-1 over-admitted VIOLATION"]


def waiting(*waits_ms: int) -> LimiterHistory:
    """Return a history in which two calls go at once, and others together wait for so long."""
    told = history().admit(2)
    numbers = [told.begin() for _ in waits_ms]
    for number, wait_ms in zip(numbers, waits_ms, strict=True):
        told.wait(wait_ms - told.now_ms).end(number, "ok", {"result": True})
    return told


def test_calls_that_wait_for_their_turn_break_nothing() -> None:
    assert waiting(100, 200, 300).found(WAITS) == []
    assert waiting(100, 100).found(WAITS) == ["RL-1 over-admitted VIOLATION"]
    assert waiting(100, 210).found(WAITS) == ["RL-3 delayed-with-room VIOLATION"]
    assert waiting(100, 210).found(profile(excess="wait", resolution_ms=10)) == []


def test_a_call_that_waits_for_ever_is_blamed() -> None:
    red = history()
    number = red.begin()
    assert red.wait(500).end(number, "info", {"blocked": True}).found(WAITS) == [
        "RL-3 waits-for-ever VIOLATION"
    ]


def test_a_call_that_was_cancelled_while_it_waited_leaves_nothing_behind() -> None:
    told = history().admit(2)
    first, second = told.begin(), told.begin()
    told.wait(50).end(first, "info", {"cancelled": True}).wait(150).end(second, "ok", {"result": True})
    assert told.found(WAITS) == ["RL-2 refusal-consumed VIOLATION"]
    assert told.found(profile(excess="wait", cancelled="keeps_slot")) == []


def test_a_log_admits_its_rate_in_any_period() -> None:
    assert history().admit().wait(900).admit().wait(102).admit().refuse().found(LOG) == []
    assert history().admit().wait(900).admit().wait(50).admit().found(LOG) == ["RL-1 over-admitted VIOLATION"]
    assert history().admit(2).wait(1_010).refuse().found(LOG) == ["RL-3 refused-with-room VIOLATION"]


def test_a_window_of_the_clock_admits_twice_its_rate_across_its_edge_and_no_more() -> None:
    assert history().wait(990).admit(2).refuse().wait(20).admit(2).refuse().found(BY_CLOCK) == []
    assert history().wait(500).admit(2).wait(100).admit().found(BY_CLOCK) == ["RL-1 over-admitted VIOLATION"]
    assert history().wait(990).admit(2).wait(20).refuse().found(BY_CLOCK) == [
        "RL-3 refused-with-room VIOLATION"
    ]
    assert history().wait(990).admit(2).wait(20).admit(2).found(LOG) == ["RL-1 over-admitted VIOLATION"]


def test_a_window_that_a_call_opens_begins_with_it() -> None:
    assert history().wait(500).admit(2).refuse().wait(1_002).admit(2).refuse().found(BY_CALL) == []
    assert history().wait(500).admit(2).wait(520).admit().found(BY_CALL) == ["RL-1 over-admitted VIOLATION"]
    assert history().wait(500).admit(2).wait(1_010).refuse().found(BY_CALL) == [
        "RL-3 refused-with-room VIOLATION"
    ]


def test_a_call_that_stood_still_may_have_opened_a_window() -> None:
    told = history().admit()
    late = told.begin(worker="b")
    told.add("effect", "harness", "stopped", {"call": late, "at": "my_limiter.py:1"})
    told.wait(1_000).end(late, "ok", {"result": True}).wait(10).admit().refuse()
    assert told.found(BY_CALL) == []


def test_a_counter_weighs_the_window_before() -> None:
    assert history().wait(900).admit(2).wait(600).admit().refuse().found(COUNTER) == []
    assert history().wait(900).admit(2).wait(200).admit().found(COUNTER) == []
    assert history().wait(900).admit(2).wait(150).admit(2).found(COUNTER) == ["RL-1 over-admitted VIOLATION"]
    assert history().wait(900).admit(2).wait(700).refuse().found(COUNTER) == [
        "RL-3 refused-with-room VIOLATION"
    ]


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"burst": 0}, "burst says how much a bucket holds"),
        ({"algorithm": "sliding_log"}, "burst says how much a bucket holds"),
        ({"rate": 0}, "rate and resolution_ms must be at least 1"),
        ({"period_ms": 3}, "period_ms must be at least four times"),
        ({"max_wait_ms": 5}, "excess is 'refuse'"),
        ({"excess": "wait", "refused": "consumes"}, "one that does not wait"),
        ({"algorithm": "sliding_log", "burst": 0, "starts": "empty"}, "starts and refill are of buckets"),
        ({"pool": 3}, "pool"),
    ],
)
def test_a_profile_that_describes_no_rate_limiter_is_a_usage_error(knobs: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        knobs_of(Profile("odd", {**DOCUMENT.knobs, **knobs}))
