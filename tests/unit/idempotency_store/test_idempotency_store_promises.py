"""Handwritten histories, red and green, for each anomaly of an idempotency store."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_history import KEPT, LEASE_MS, RETENTION_MS, StoreHistory, profile

from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.idempotency_store.profile import knobs_of
from shaketable_patterns.idempotency_store.promises import PROMISES

FOR_EVER = profile(retention_ms=0)
NO_LEASE = profile(lease_ms=0)


def history() -> StoreHistory:
    return StoreHistory()


def done() -> StoreHistory:
    """Return a history in which call 1 did k with p."""
    return history().executed()


def overtaken() -> tuple[StoreHistory, int, int]:
    """Return a history in which a call worked past its lease, and another one has its key in progress."""
    one = history()
    first = one.working()
    one.wait(LEASE_MS + 1)
    return one, first, one.working(worker="b")


def test_a_key_that_is_done_once_and_then_answered_breaks_nothing() -> None:
    green = (
        done()
        .answered("result-1")
        .answered("result-1", worker="a")
        .refused(payload="q", error="OtherPayload")
    )
    assert green.found() == []
    assert [green.exercised(promise.id) > 0 for promise in PROMISES] == [True, False, True, False, True]


def test_a_done_key_that_is_executed_again_breaks_is_1_until_its_retention_is_over() -> None:
    red = done().wait(10).executed(worker="b")
    (finding,) = red.findings()
    assert (finding.promise, finding.anomaly) == ("IS-1", "executed-again")
    assert "call 2 executes k, which call 1 has done" in finding.message
    assert [red.history[i].process for i in finding.witness] == ["call-1", "upstream"]
    assert done().wait(RETENTION_MS).executed().found() == []
    assert done().wait(RETENTION_MS).executed().found(FOR_EVER) == ["IS-1 executed-again"]
    assert done().wait(RETENTION_MS).answered("result-1").found() == []


def test_a_done_key_that_is_refused_breaks_is_1() -> None:
    assert done().refused().found() == ["IS-1 done-key-refused"]
    assert done().refused(error="TypeError").found() == ["IS-1 done-key-refused"]


def test_a_done_key_that_gets_another_outcome_breaks_is_1() -> None:
    assert done().answered("result-7").found() == ["IS-1 wrong-outcome"]
    false = history()
    number = false.working()
    false.leave(number, "zero").end(number, 0)
    assert false.answered(False).found() == ["IS-1 wrong-outcome"]
    assert "IS-1 wrong-outcome" not in history().executed().answered("result-1").found()


def test_an_outcome_for_a_key_that_was_never_executed_breaks_is_1() -> None:
    assert history().answered("result-7").found() == ["IS-1 wrong-outcome"]
    assert history().executed(key="other").answered("result-1").found() == ["IS-1 wrong-outcome"]


def test_an_outcome_that_is_false_may_be_forgotten_where_that_is_declared() -> None:
    one = history()
    number = one.working()
    one.leave(number, "zero").end(number, 0)
    one.executed()
    assert one.found() == ["IS-1 executed-again"]
    assert one.found(profile(outcomes="truthy")) == []


def test_a_second_execution_beside_the_first_breaks_is_2_within_its_lease() -> None:
    red = history()
    first = red.working()
    second = red.wait(LEASE_MS - 10).working(worker="b")
    assert red.found() == ["IS-2 executed-twice"]
    red.leave(first).end(first).leave(second).end(second)
    assert red.found() == ["IS-2 executed-twice"]
    one, _, _ = overtaken()
    assert one.found() == []
    assert one.found(profile(renew_ms=300)) == ["IS-2 executed-twice"]
    assert one.found(NO_LEASE) == ["IS-2 executed-twice"]


def test_a_refusal_or_a_wait_while_the_first_works_is_right() -> None:
    one = history()
    first, second = one.working(), one.begin(worker="b")
    one.refused().leave(first).end(first).end(second, "result-1")
    assert one.found() == []
    assert one.exercised("IS-2") == 1


def test_a_renewal_survives_one_fault_and_not_what_lasts_as_long_as_the_lease() -> None:
    for timeout_ms, found in ((100, ["IS-2 executed-twice"]), (900, [])):
        one = history()
        first = one.working()
        one.fault(first, timeout_ms=timeout_ms).wait(LEASE_MS + 100).working(worker="b")
        assert one.found(profile(renew_ms=300)) == found


def test_a_call_that_a_fault_kept_for_a_lease_before_it_entered_may_have_begun_its_key_before() -> None:
    one = history()
    first = one.begin()
    one.fault(first, "delay").wait(LEASE_MS + 1).working(worker="b")
    one.enter(first)
    assert one.found() == []


def test_one_whose_function_failed_or_that_met_a_crash_owns_nothing() -> None:
    one = history()
    first = one.working()
    one.leave(first, "fail").working(worker="b")
    assert one.found() == []
    other = history()
    first = other.working()
    other.crash().end(first, crashed=True)
    assert other.wait(LEASE_MS + 2).executed().found() == []


def test_a_record_that_a_late_call_releases_breaks_is_3() -> None:
    one, first, _ = overtaken()
    one.leave(first, "fail").end(first, error="ConnectionError").working()
    (finding,) = one.findings()
    assert (finding.promise, finding.anomaly) == ("IS-3", "stolen-record")
    assert "call 2 has k in progress, call 1 ends, and then call 3 executes it" in finding.message


def test_a_record_that_a_refused_call_deletes_breaks_is_3() -> None:
    one = history()
    one.working()
    one.refused().working()
    assert one.found() == ["IS-3 stolen-record"]


def test_the_outcome_of_a_late_call_while_another_works_breaks_is_3() -> None:
    one, first, second = overtaken()
    one.leave(first).end(first).answered("result-1")
    assert one.found() == ["IS-3 stolen-record"]
    one.leave(second).end(second)
    assert one.found() == ["IS-3 stolen-record"]


def test_an_outcome_that_changes_breaks_is_3() -> None:
    one, first, second = overtaken()
    one.leave(second).end(second).answered("result-2").leave(first).end(first, error="Lost")
    assert one.answered("result-2").found() == []
    assert one.answered("result-1").found() == ["IS-3 done-record-changed"]


def test_a_key_that_stays_blocked_after_an_exception_breaks_is_4() -> None:
    red = history().executed(how="fail").refused()
    (finding,) = red.findings()
    assert (finding.promise, finding.anomaly) == ("IS-4", "key-blocked")
    assert (
        "call 2 for k ends with InProgress, and nothing has it in progress: call 1 ended with ConnectionError"
        in finding.message
    )
    assert history().executed(how="fail").refused().found(profile(on_error="lease")) == []
    assert history().executed(how="fail").wait(LEASE_MS + 2).refused().found(profile(on_error="lease")) == [
        "IS-4 key-blocked"
    ]
    assert (
        history().executed(how="fail").refused(error="ConnectionError").found(profile(on_error="store")) == []
    )


def test_a_key_that_stays_blocked_after_a_crash_breaks_is_4_once_its_lease_is_over() -> None:
    def crashed(wait_ms: int) -> StoreHistory:
        one = history()
        first = one.working()
        return one.crash().end(first, crashed=True).wait(wait_ms).refused()

    assert crashed(LEASE_MS).found() == []
    assert crashed(LEASE_MS + 2).found() == ["IS-4 key-blocked"]
    assert crashed(LEASE_MS + 2).found(profile(grace_ms=100)) == []
    assert crashed(10 * LEASE_MS).found(NO_LEASE) == []  # it has none, and says so


def test_a_key_that_stays_blocked_after_a_cancellation_breaks_is_4_unless_it_is_kept_for_the_lease() -> None:
    def cancelled() -> StoreHistory:
        one = history()
        first = one.working()
        return one.leave(first, "cancelled").end(first, cancelled=True).refused()

    assert cancelled().found() == ["IS-4 key-blocked"]
    assert cancelled().found(profile(on_cancel="lease")) == []
    interleaved = history()
    first = interleaved.working()
    interleaved.add("effect", "harness", "stopped", {"call": first, "at": "its first line"})
    interleaved.leave(first, "cancelled").end(first, cancelled=True).refused()
    assert interleaved.found() == []


def test_a_key_that_stays_blocked_after_its_retention_breaks_is_4() -> None:
    assert done().wait(RETENTION_MS + 2).refused().found() == ["IS-4 key-blocked"]
    assert done().wait(RETENTION_MS + 2).executed().found() == []


def test_a_call_that_met_a_fault_may_have_left_its_key_in_progress_for_a_lease() -> None:
    one = history()
    first = one.begin()
    one.fault(first).end(first, error="TimeoutError").refused()
    assert one.found() == []
    assert one.wait(LEASE_MS + 2).refused().found() == ["IS-4 key-blocked"]


def test_another_payload_that_is_executed_or_answered_breaks_is_5() -> None:
    assert done().executed(payload="q").found() == ["IS-5 other-payload-executed"]
    assert "IS-5 other-outcome-returned" in done().answered("result-1", payload="q").found()
    beside = history()
    beside.working()
    beside.working(payload="q", worker="b")
    assert "IS-5 other-payload-executed" in beside.found()
    assert done().executed(payload="q").found(profile(other_payload="unchecked")) == []
    assert done().wait(RETENTION_MS).executed(payload="q").found() == []


def test_where_the_environment_ends_callers_in_time_nothing_is_judged_behind_one_that_it_did_not_end() -> (
    None
):
    one, first, _ = overtaken()
    one.leave(first).end(first).answered("result-1")
    assert one.found(profile(ends_in_time=True)) == []
    assert done().refused().found(profile(ends_in_time=True)) == ["IS-1 done-key-refused"]


def test_every_anomaly_has_a_red_history_above() -> None:
    text = Path(__file__).read_text()
    assert [
        a
        for promise in PROMISES
        for a in promise.anomalies
        if f'{promise.id} {a}"' not in text and f'"{a}"' not in text
    ] == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"lease_ms": -1}, "must not be negative"),
        ({"renew_ms": 600}, "renew_ms must be at most half of lease_ms"),
        ({"retention_ms": 500}, "retention_ms must be longer than lease_ms"),
        ({"lease_ms": 0, "ends_in_time": True}, "ends_in_time says that a caller ends before its lease"),
        ({"on_error": "forget"}, "Invalid enum value 'forget'"),
        ({"colour": "red"}, "unknown field `colour`"),
    ],
)
def test_a_profile_that_is_no_stores_is_refused(knobs: dict[str, str | int], said: str) -> None:
    with pytest.raises(UsageError, match="does not describe an idempotency store") as error:
        knobs_of(Profile("mine", {**KEPT.knobs, **knobs}))
    assert said in str(error.value)
