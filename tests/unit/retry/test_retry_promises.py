"""Handwritten histories, red and green, for each anomaly of a retry."""

from __future__ import annotations

from typing import Any

import pytest
from retry_history import RetryHistory, profile

from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.retry.profile import OURS, knobs_of

PLAIN, ALL = profile(), profile(repeats="all")


def history(*, idempotent: bool = True) -> RetryHistory:
    return RetryHistory(idempotent=idempotent)


def test_a_call_that_is_tried_until_it_succeeds_breaks_nothing() -> None:
    green = history().attempt("fail").wait(100).attempt("lost").wait(200).attempt("ok").end()
    assert green.found(PLAIN) == []
    assert green.judged(PLAIN)["RT-1"].exercised > 0
    assert green.judged(PLAIN)["RT-2"].exercised == 3


def test_one_attempt_more_than_declared_is_one_too_many() -> None:
    used = history().attempt("fail").wait(100).attempt("fail").wait(200).attempt("fail")
    assert used.end().found(PLAIN) == []
    red = (
        history()
        .attempt("fail")
        .wait(100)
        .attempt("fail")
        .wait(200)
        .attempt("fail")
        .wait(400)
        .attempt("ok")
        .end()
    )
    (finding,) = red.findings(PLAIN)
    assert (finding.promise, finding.anomaly) == ("RT-1", "too-many-attempts")
    assert finding.message == "call 1 is tried 4 times, and attempts=3"


@pytest.mark.parametrize("how", ["ok", "empty", "zero", "blank", "false", "nothing"])
def test_a_result_is_a_result_however_false_it_is(how: str) -> None:
    assert history().attempt(how).end().found(PLAIN) == []
    red = history().attempt(how).wait(100).attempt("ok").end()
    assert red.found(PLAIN) == ["RT-1 repeated-after-success VIOLATION"]


def test_a_result_of_none_is_tried_again_where_that_is_declared() -> None:
    none_too = profile(retries_none=True)
    thrice = history().attempt("empty").wait(100).attempt("empty").wait(200).attempt("empty")
    assert thrice.end().found(none_too) == []
    assert history().attempt("empty").end().found(none_too) == ["RT-1 gave-up-early VIOLATION"]
    raised = history().attempt("empty").wait(100).attempt("empty").wait(200).attempt("empty")
    assert raised.raises("RetryError", "result").found(none_too) == ["RT-5 result-changed OFF-PROFILE"]
    assert raised.found(profile(retries_none=True, none_surfaces="error")) == []


def test_a_call_that_is_given_up_with_attempts_and_time_left_is_given_up_early() -> None:
    assert history().attempt("fail").end().found(PLAIN) == ["RT-1 gave-up-early VIOLATION"]
    assert history().attempt("fail", lasts_ms=950).end().found(PLAIN) == []
    assert history(idempotent=False).attempt("fail").end().found(PLAIN) == []
    assert history(idempotent=False).attempt("lost").end().found(ALL) == ["RT-1 gave-up-early VIOLATION"]


@pytest.mark.parametrize(("waited_ms", "right"), [(98, False), (99, True), (101, True), (102, False)])
def test_a_wait_is_as_long_as_declared(waited_ms: int, right: bool) -> None:
    told = history().attempt("fail").wait(waited_ms).attempt("ok").end()
    briefly = "RT-2 waited-too-briefly VIOLATION" if waited_ms < 100 else "RT-2 waited-too-long VIOLATION"
    assert told.found(PLAIN) == ([] if right else [briefly])


@pytest.mark.parametrize(
    ("knobs", "waits_ms"),
    [
        ({"jitter": "full"}, (0, 100)),
        ({"jitter": "equal"}, (50, 100)),
        ({"jitter": "added", "jitter_ms": 30}, (100, 130)),
        ({"jitter": "added", "jitter_ms": 30, "wait_max_ms": 110}, (100, 110)),
        ({"jitter": "decorrelated"}, (100, 300)),
        ({"wait_max_ms": 60}, (60, 60)),
    ],
)
def test_the_bounds_of_a_wait_are_those_of_its_random_part(
    knobs: dict[str, Any], waits_ms: tuple[int, int]
) -> None:
    of = profile(**knobs)
    for waited_ms in waits_ms:
        assert history().attempt("fail").wait(waited_ms).attempt("ok").end().found(of) == []
    longer = history().attempt("fail").wait(waits_ms[1] + 2).attempt("ok").end()
    assert longer.found(of) == ["RT-2 waited-too-long VIOLATION"]
    if waits_ms[0] > 1:
        briefer = history().attempt("fail").wait(waits_ms[0] - 2).attempt("ok").end()
        assert briefer.found(of) == ["RT-2 waited-too-briefly VIOLATION"]


def test_the_last_wait_may_be_cut_to_what_is_left() -> None:
    assert history().attempt("fail", lasts_ms=960).wait(40).attempt("ok").end().found(PLAIN) == []


def test_a_call_that_waits_for_ever_is_blamed() -> None:
    assert history().attempt("fail").hang().found(PLAIN) == ["RT-2 waits-for-ever VIOLATION"]


@pytest.mark.parametrize(
    ("ending", "level"), [("excluded", "OFF-PROFILE"), ("group", "OFF-PROFILE"), ("abort", "VIOLATION")]
)
def test_only_what_is_declared_is_tried_again(ending: str, level: str) -> None:
    red = history().attempt(ending).wait(100).attempt("ok").end()
    assert red.found(PLAIN) == [f"RT-3 retried-undeclared {level}"]
    assert (red.found(profile(retries="exceptions")) == []) is (ending != "abort")
    assert history().attempt("excluded").end().found(PLAIN) == []


def test_a_cancellation_is_never_tried_again_and_never_swallowed() -> None:
    assert history().attempt("cancelled").end().found(PLAIN) == []
    again = history().attempt("cancelled").wait(100).attempt("ok").end()
    assert again.found(PLAIN) == ["RT-3 retried-cancellation VIOLATION"]
    assert history().attempt("cancelled").returns(None).found(PLAIN) == [
        "RT-3 cancellation-swallowed VIOLATION"
    ]
    other = history().attempt("cancelled").raises("ConnectionError", "CancelledError")
    assert other.found(PLAIN) == ["RT-3 cancellation-swallowed OFF-PROFILE"]
    assert other.found(profile(cancellation="last_error")) == []


def test_no_attempt_starts_behind_the_budget() -> None:
    starts_late = history().attempt("fail", lasts_ms=950).wait(100).attempt("ok").end()
    decided_late = history().attempt("fail", lasts_ms=1_002).wait(100).attempt("ok").end()
    assert starts_late.found(PLAIN) == ["RT-4 went-on-after-budget OFF-PROFILE"]
    assert starts_late.found(profile(budget_covers="decisions")) == []
    assert decided_late.found(PLAIN) == ["RT-4 went-on-after-budget VIOLATION"]
    assert decided_late.found(profile(budget_covers="decisions")) == ["RT-4 went-on-after-budget VIOLATION"]
    assert history().attempt("fail", lasts_ms=2_000).end().found(PLAIN) == []


def test_all_is_over_by_the_end_of_a_budget_that_covers_all() -> None:
    told = history().attempt("fail", lasts_ms=1_002).end()
    assert told.found(profile(budget_covers="all")) == ["RT-4 ended-after-budget OFF-PROFILE"]
    assert history().attempt("fail", lasts_ms=1_000).end().found(profile(budget_covers="all")) == []


def test_a_budget_by_a_declared_wall_clock_that_was_set_is_a_limit() -> None:
    told = history().set_clock(-60_000).attempt("fail", lasts_ms=1_010).wait(100).attempt("ok").end()
    assert told.found(PLAIN) == ["RT-4 went-on-after-budget VIOLATION"]
    assert told.found(profile(clock="wall")) == ["RT-4 went-on-after-budget LIMIT"]


def failed(last: str = "fail") -> RetryHistory:
    return history().attempt("fail").wait(100).attempt("fail").wait(200).attempt(last)


def test_the_last_error_surfaces() -> None:
    first, wrapped = (
        failed().raises("ConnectionError", "ConnectionError"),
        failed().raises("RetryError", "ConnectionError"),
    )
    assert first.found(PLAIN) == ["RT-5 error-changed VIOLATION"]
    assert wrapped.found(PLAIN) == ["RT-5 error-changed OFF-PROFILE"]
    assert wrapped.found(profile(surfaces="wrapped")) == []
    assert failed().returns(None).found(PLAIN) == ["RT-5 error-swallowed VIOLATION"]
    lost = failed("fail_falsy").returns(None)
    assert lost.found(PLAIN) == ["RT-5 error-swallowed VIOLATION"]
    assert lost.found(profile(false_errors="lost")) == ["RT-5 error-swallowed LIMIT"]


def test_the_result_surfaces_as_it_is() -> None:
    assert history().attempt("zero").returns(False).found(PLAIN) == ["RT-5 result-changed VIOLATION"]
    assert history().attempt("ok").returns("result-2").found(PLAIN) == ["RT-5 result-changed VIOLATION"]
    assert history().attempt("ok").raises("RetryError", "result").found(PLAIN) == [
        "RT-5 result-changed VIOLATION"
    ]


def test_a_request_of_unknown_outcome_is_not_sent_twice_unless_it_is_idempotent() -> None:
    red = history(idempotent=False).attempt("lost").wait(100).attempt("ok").end()
    assert red.found(PLAIN) == ["RT-6 unknown-repeated VIOLATION"]
    assert red.found(ALL) == []
    assert history(idempotent=False).attempt("fail").wait(100).attempt("ok").end().found(PLAIN) == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"attempts": -1}, "must not be negative"),
        ({"factor": 0.5}, "factor and resolution_ms at least 1"),
        ({"attempts": 0, "budget_ms": 0}, "it would never give up"),
        ({"jitter_ms": 5}, "jitter_ms is what is added"),
        ({"attempts": 0, "wait_max_ms": 0}, "waits grow without bound"),
        ({"pool": 3}, "pool"),
    ],
)
def test_a_profile_that_describes_no_retry_is_a_usage_error(knobs: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        knobs_of(Profile("odd", {**OURS.knobs, **knobs}))
