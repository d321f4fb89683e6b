"""Every promise seen red on a history that breaks it, and green on its lawful twin."""

from __future__ import annotations

import pytest
from breaker_history import BreakerHistory, document, textbook

from shaketable.verdict import Verdict
from shaketable_patterns.circuit_breaker.facts import PROBE_FIRST, TAIL_FIRST
from shaketable_patterns.circuit_breaker.promises import PROMISES


def opened(first: int = 1) -> BreakerHistory:
    """Return three failures in a row at 0 ms: it is open."""
    return BreakerHistory().row(first, 3, "fail").says("open")


def half_opened() -> BreakerHistory:
    """Return an open breaker whose wait is over."""
    return opened().wait(1_002)


def test_a_lawful_life_keeps_every_promise() -> None:
    run = opened().reject(4).wait(1_002).start(5).reject(6).end(5).says("closed").start(7, 8).end(8).end(7)
    assert run.found(textbook()) == []


def test_judgements_come_in_the_order_of_the_promises() -> None:
    assert list(opened().judged(textbook())) == [p.id for p in PROMISES]


def test_an_empty_history_is_no_evidence() -> None:
    assert {j.verdict for j in BreakerHistory().judged(textbook()).values()} == {Verdict.UNKNOWN}


class TestResults:
    """CB-0."""

    def test_entering_the_function_twice_is_a_double_run(self) -> None:
        run = BreakerHistory().start(1).leave(1, "fail").enter(1).end(1)
        assert "CB-0 double-run VIOLATION" in run.found(textbook())

    def test_another_result_than_the_functions_is_noticed(self) -> None:
        run = BreakerHistory().start(1).leave(1, "ok").answer(1, "ok", {"result": "other"})
        assert run.found(textbook()) == ["CB-0 result-changed VIOLATION"]

    def test_another_error_than_the_functions_is_noticed(self) -> None:
        changed = {"rejected": False, "error": "BreakerError", "instead_of": "ConnectionError"}
        run = BreakerHistory().start(1).leave(1, "fail").answer(1, "fail", changed)
        assert run.found(textbook()) == ["CB-0 error-changed VIOLATION"]
        assert run.found(textbook(documented="error-changed")) == ["CB-0 error-changed LIMIT"]

    def test_a_swallowed_failure_and_a_lost_success_are_noticed(self) -> None:
        swallowed = BreakerHistory().start(1).leave(1, "fail").answer(1, "ok", {"result": None})
        lost = (
            BreakerHistory()
            .start(1)
            .leave(1, "ok")
            .answer(1, "fail", {"rejected": False, "error": "KeyError"})
        )
        assert swallowed.found(textbook()) == ["CB-0 failure-swallowed VIOLATION"]
        assert lost.found(textbook()) == ["CB-0 success-lost VIOLATION"]

    def test_a_swallowed_cancellation_is_noticed(self) -> None:
        run = BreakerHistory().start(1).leave(1, "cancelled").answer(1, "ok", {"result": None})
        assert run.found(textbook()) == ["CB-0 cancellation-swallowed VIOLATION"]

    def test_answers_and_errors_without_running_are_noticed(self) -> None:
        answered = BreakerHistory().ask(1).answer(1, "ok", {"result": "result-1"})
        invented = BreakerHistory().ask(1).answer(1, "fail", {"rejected": False, "error": "KeyError"})
        assert answered.found(textbook()) == ["CB-0 answered-without-running VIOLATION"]
        assert invented.found(textbook()) == ["CB-0 error-invented VIOLATION"]

    def test_a_call_whose_caller_never_hears_is_noticed(self) -> None:
        assert BreakerHistory().start(1).leave(1, "ok").found(textbook()) == ["CB-0 never-answered VIOLATION"]


class TestTripping:
    """CB-1."""

    def test_a_breaker_that_never_opens_is_named(self) -> None:
        run = BreakerHistory().row(1, 9, "fail").says("closed").start(10)
        assert run.found(textbook()) == ["CB-1 did-not-trip VIOLATION"]

    def test_opening_only_beyond_the_threshold_is_off_profile(self) -> None:
        run = BreakerHistory().row(1, 3, "fail").row(4, 1, "fail").reject(5, 6, 7)
        (finding,) = run.findings(textbook())
        assert (finding.anomaly, finding.level, finding.off_profile) == (
            "did-not-trip",
            "OFF-PROFILE",
            "compare=>",
        )

    def test_opening_early_is_named(self) -> None:
        run = BreakerHistory().row(1, 2, "fail").says("open").reject(3).reject(4)
        assert run.found(textbook()) == ["CB-1 tripped-early VIOLATION"]

    def test_a_breaker_that_closes_on_failing_probes_is_named(self) -> None:
        run = half_opened().row(4, 1, "fail").says("closed").row(5, 4)
        assert run.found(textbook()) == ["CB-1 did-not-reopen VIOLATION"]

    def test_a_rate_of_too_few_outcomes_is_named(self) -> None:
        run = BreakerHistory().row(1, 1, "fail").says("open").reject(2, 3)
        assert run.found(document()) == ["CB-1 trips-without-minimum VIOLATION"]

    def test_a_breaker_that_looks_now_and_then_may_open_late(self) -> None:
        late = BreakerHistory().row(1, 3, "fail").says("closed").wait(400).row(4, 1).says("closed")
        assert late.found(textbook(evaluates_every_ms=500)) == []

    def test_one_that_has_shown_that_it_is_open_has_looked(self) -> None:
        admits = opened().wait(400).row(4, 1)
        closes = BreakerHistory().start(9).row(1, 3, "fail").says("open").end(9).says("closed").row(4, 1)
        assert admits.found(textbook(evaluates_every_ms=500)) == ["CB-4 admitted-before-wait VIOLATION"]
        assert closes.found(textbook(evaluates_every_ms=500)) == ["CB-2 closed-from-stale-success VIOLATION"]


class TestClosing:
    """CB-2."""

    def test_open_closed_by_a_success_that_began_before(self) -> None:
        run = BreakerHistory().start(9).row(1, 3, "fail").says("open").end(9).says("closed").start(4)
        (finding,) = run.findings(textbook())
        assert (finding.promise, finding.anomaly) == ("CB-2", "closed-from-stale-success")
        names = [run.history[i].name for i in finding.witness]
        assert names == ["admitted", "admitted", "returned", "returned", "admitted"]

    def test_open_closed_by_the_success_of_an_earlier_probe(self) -> None:
        knobs = textbook(half_open_limit="concurrent", half_open_permits=2)
        run = half_opened().start(4, 5).end(4, "fail").says("open").end(5).says("closed").start(6)
        assert run.found(knobs) == ["CB-2 closed-from-stale-probe VIOLATION"]

    def test_a_stale_failure_that_decides_half_open_is_off_profile_unless_declared(self) -> None:
        run = (
            BreakerHistory()
            .start(9)
            .row(1, 3, "fail")
            .says("open")
            .wait(1_002)
            .start(4)
            .end(9, "fail")
            .says("open")
        )
        run.end(4).says("open").reject(5)
        assert run.found(textbook()) == ["CB-2 half-open-took-stale-result OFF-PROFILE"]
        assert run.found(textbook(stale="count")) == []

    def test_stale_failures_that_count_where_stale_successes_do_not_are_no_second_defect(self) -> None:
        run = (
            BreakerHistory()
            .start(8, 9)
            .row(1, 3, "fail")
            .says("open")
            .wait(1_002)
            .start(4)
            .end(8, "fail")
            .says("open")
        )
        run.end(4).wait(1_002).start(5).end(9).says("half_open").reject(6)
        assert run.found(textbook()) == ["CB-2 half-open-took-stale-result OFF-PROFILE"]

    def test_closing_on_the_first_of_three_probes_is_off_profile(self) -> None:
        run = BreakerHistory().row(1, 10, "fail").says("open").wait(10_002).row(11, 1).says("closed")
        run.start(12, 13, 14, 15).says("closed")
        assert run.found(document()) == ["CB-2 closed-too-early OFF-PROFILE"]


class TestHalfOpen:
    """CB-3 and CB-4."""

    def test_one_probe_too_many_is_off_profile_and_says_which_profile(self) -> None:
        run = half_opened().start(4, 5).says("half_open")
        (finding,) = run.findings(textbook())
        assert (finding.promise, finding.anomaly) == ("CB-3", "half-open-overadmission")
        assert (finding.level, finding.off_profile) == ("OFF-PROFILE", "half_open_limit=unlimited")

    def test_a_place_that_is_freed_may_be_taken_under_a_limit_on_calls_in_flight_only(self) -> None:
        run = (
            BreakerHistory()
            .row(1, 10, "fail")
            .wait(10_002)
            .start(11, 12, 13)
            .end(11)
            .says("half_open")
            .start(14)
        )
        (finding,) = run.findings(document())
        assert finding.off_profile == "half_open_limit=concurrent"

    def test_a_declared_lack_of_limit_is_no_accusation(self) -> None:
        run = half_opened().start(4, 5).says("half_open")
        assert run.found(textbook(half_open_limit="unlimited")) == []

    def test_a_call_admitted_before_the_wait_is_over(self) -> None:
        run = opened().reject(4).wait(998).start(5).says("half_open")
        assert run.found(textbook()) == ["CB-4 admitted-before-wait VIOLATION"]

    @pytest.mark.parametrize("late_ms", [999, 1_000, 1_001])
    def test_at_the_instant_the_wait_ends_either_answer_is_right(self, late_ms: int) -> None:
        assert opened().wait(late_ms).start(4).says("half_open").found(textbook()) == []
        assert opened().wait(late_ms).reject(4).says("open").found(textbook()) == []


class TestForgetting:
    """CB-5 and CB-6."""

    def test_failures_from_before_the_close_that_open_it_again(self) -> None:
        run = BreakerHistory().row(1, 10, "fail").says("open").wait(10_002).row(11, 3).says("closed")
        run.row(14, 1, "fail").says("open").reject(15)
        assert run.found(document()) == ["CB-5 outcome-from-before-close-counted VIOLATION"]

    def test_successes_that_left_the_window_and_still_dilute_the_rate(self) -> None:
        run = (
            BreakerHistory()
            .row(1, 20)
            .row(21, 6, "fail")
            .says("closed")
            .row(27, 14, "fail")
            .says("open")
            .reject(41)
        )
        assert run.found(document()) == ["CB-5 outcome-outside-window-counted VIOLATION"]

    def test_more_failures_that_open_it_later_than_fewer_did(self) -> None:
        run = (
            BreakerHistory()
            .row(1, 1)
            .row(2, 9, "fail")
            .says("open")
            .reject(11)
            .wait(10_002)
            .row(12, 3)
            .says("closed")
        )
        run.row(15, 10, "fail").says("closed").row(25, 2, "ok")
        assert "CB-6 more-failures-admitted-more VIOLATION" in run.found(document())


class TestNothingRecorded:
    """CB-7."""

    def test_a_cancelled_call_that_ends_a_row_of_failures(self) -> None:
        run = (
            BreakerHistory()
            .row(1, 2, "fail")
            .row(3, 1, "cancelled")
            .row(4, 1, "fail")
            .says("closed")
            .start(5)
        )
        assert run.found(textbook()) == ["CB-7 cancelled-counted-as-success VIOLATION"]

    def test_a_cancelled_probe_that_closes(self) -> None:
        run = half_opened().row(4, 1, "cancelled").says("closed").start(5, 6)
        assert run.found(textbook()) == ["CB-7 cancelled-probe-closed VIOLATION"]

    def test_a_cancelled_call_that_counts_as_a_failure_is_off_profile_unless_declared(self) -> None:
        run = BreakerHistory().row(1, 2, "fail").row(3, 1, "cancelled").says("open").reject(4)
        assert run.found(textbook()) == ["CB-7 cancelled-counted-as-failure OFF-PROFILE"]
        assert run.found(textbook(cancelled="failure")) == []

    def test_an_excluded_exception_that_counts(self) -> None:
        as_failure = BreakerHistory().row(1, 2, "fail").row(3, 1, "excluded").says("open").reject(4)
        as_success = (
            BreakerHistory().row(1, 2, "fail").row(3, 1, "excluded").row(4, 1, "fail").says("closed").start(5)
        )
        assert as_failure.found(textbook()) == ["CB-7 excluded-counted-as-failure OFF-PROFILE"]
        assert as_failure.found(textbook(excluded="failure")) == []
        assert as_success.found(textbook()) == ["CB-7 excluded-counted-as-success OFF-PROFILE"]
        assert as_success.found(textbook(excluded="success")) == []

    def test_a_permit_that_is_not_returned(self) -> None:
        run = (
            BreakerHistory()
            .row(1, 10, "fail")
            .wait(10_002)
            .row(11, 3, "cancelled")
            .says("half_open")
            .reject(14)
        )
        assert run.found(document()) == ["CB-7 permit-leaked VIOLATION"]


class TestRecovery:
    """CB-8."""

    def recover(self, run: BreakerHistory, *, admitted: int, tail: bool) -> BreakerHistory:
        """Add three rounds of one probe; the first `admitted` of them get through."""
        for turn in range(3):
            run.wait(1_002)
            number = PROBE_FIRST + turn
            if turn < admitted:
                run.row(number, 1)
            else:
                run.reject(number)
        (run.start if tail else run.reject)(TAIL_FIRST, TAIL_FIRST + 1)
        return run

    def test_a_breaker_that_closes_is_certified(self) -> None:
        judged = self.recover(opened(), admitted=3, tail=True).judged(textbook())
        assert judged["CB-8"].verdict is Verdict.CERTIFIED

    def test_a_breaker_that_stays_open_is_stuck(self) -> None:
        found = self.recover(opened(), admitted=0, tail=False).found(textbook())
        assert found == ["CB-8 probe-refused VIOLATION", "CB-8 stuck-open VIOLATION"]

    def test_a_breaker_that_probes_and_never_closes_is_stuck(self) -> None:
        found = self.recover(opened(), admitted=3, tail=False).found(textbook())
        assert "CB-8 stuck-half-open VIOLATION" in found

    def test_a_wait_that_every_rejected_call_begins_anew(self) -> None:
        run = opened().wait(500).reject(4).says("open").wait(502).reject(5).says("open").wait(600).reject(6)
        assert run.says("open").found(textbook()) == ["CB-8 wait-restarted VIOLATION"]

    def test_probes_that_succeed_and_do_not_close(self) -> None:
        run = half_opened().row(4, 1).says("half_open").reject(5)
        assert run.found(textbook()) == ["CB-8 did-not-close VIOLATION"]


class TestListeners:
    """CB-9."""

    def test_a_listener_that_raises_and_keeps_it_closed(self) -> None:
        run = BreakerHistory().row(1, 2, "fail").start(3).leave(3, "fail").listener_raises()
        run.answer(3, "fail", {"rejected": False, "error": "ConnectionError"}).says("closed").start(4)
        assert run.found(textbook()) == ["CB-9 listener-changed-behaviour VIOLATION"]

    def test_a_listener_whose_error_reaches_the_caller(self) -> None:
        error = {"rejected": False, "error": "ListenerFailed", "instead_of": "ConnectionError"}
        run = (
            BreakerHistory()
            .row(1, 2, "fail")
            .start(3)
            .leave(3, "fail")
            .listener_raises()
            .answer(3, "fail", error)
        )
        assert run.says("open").reject(4).found(textbook()) == ["CB-9 listener-changed-result VIOLATION"]

    def test_a_listener_that_raises_and_changes_nothing(self) -> None:
        run = BreakerHistory().row(1, 2, "fail").start(3).leave(3, "fail").listener_raises()
        run.answer(3, "fail", {"rejected": False, "error": "ConnectionError"}).says("open").reject(4)
        judged = run.judged(textbook())
        assert judged["CB-9"].verdict is Verdict.CERTIFIED


class TestWaiting:
    """CB-10."""

    def test_a_call_that_waits_for_another_while_closed(self) -> None:
        (finding,) = BreakerHistory().start(1).block(2).findings(textbook())
        assert (finding.promise, finding.anomaly) == ("CB-10", "blocked-by-another-call")
        assert "while call 1 is in flight" in finding.message

    def test_a_call_that_waits_while_open(self) -> None:
        assert opened().block(4).found(textbook()) == ["CB-10 open-did-not-reject-at-once VIOLATION"]

    def test_a_call_that_waits_for_the_probe_is_off_profile_unless_declared(self) -> None:
        run = half_opened().start(4).block(5)
        assert run.found(textbook()) == ["CB-10 half-open-blocked OFF-PROFILE"]
        assert run.found(textbook(excess="wait")) == []


def test_one_defect_is_reported_once_however_often_it_shows() -> None:
    run = half_opened()
    for turn in range(3):
        run.start(4 + 3 * turn, 5 + 3 * turn).end(4 + 3 * turn, "fail").says("open").end(5 + 3 * turn, "fail")
        run.wait(1_002)
    assert run.found(textbook()) == ["CB-3 half-open-overadmission OFF-PROFILE"]


def test_what_comes_after_an_explained_oddity_is_still_judged() -> None:
    run = (
        half_opened()
        .start(4, 5)
        .says("half_open")
        .end(4)
        .says("closed")
        .end(5)
        .row(6, 3, "fail")
        .says("open")
    )
    run.reject(9).wait(500).start(10).says("half_open")
    assert run.found(textbook()) == [
        "CB-3 half-open-overadmission OFF-PROFILE",
        "CB-4 admitted-before-wait VIOLATION",
    ]


def test_a_shown_state_alone_is_no_finding() -> None:
    assert opened().says("closed").reject(4).found(textbook()) == []


def test_a_long_history_is_judged_in_one_pass() -> None:
    """Count work, not time: ten times the calls, at most about ten times the steps of the checkers."""
    small, large = _work(200), _work(2_000)
    assert large < 12 * small


def _work(calls: int) -> int:
    import sys

    run = BreakerHistory()
    for number in range(calls):
        run.row(number * 2, 1).says("closed")
    count = 0

    def counting(*_: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(counting)
    try:
        run.judged(document())
    finally:
        sys.setprofile(None)
    return count
