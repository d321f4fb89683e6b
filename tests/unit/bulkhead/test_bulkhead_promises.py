"""Handwritten histories, red and green, for each anomaly of a bulkhead."""

from __future__ import annotations

import pytest
from bulkhead_history import BulkheadHistory, profile

from shaketable import bulkhead
from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.bulkhead.profile import knobs_of

AT_ONCE, WAITS = profile(), profile(max_wait_ms=500)
PATIENT, QUEUE = profile(max_wait_ms=-1), profile(max_wait_ms=-1, max_queued=1)


def history() -> BulkheadHistory:
    return BulkheadHistory()


def test_a_full_bulkhead_that_rejects_and_is_free_again_breaks_nothing() -> None:
    green = (
        history()
        .start(1, 2)
        .shows(0, 2)
        .reject(3)
        .shows(0, 2)
        .end(1)
        .shows(1, 1)
        .end(2, how="fail")
        .recovers(2)
    )
    judged = green.judged(AT_ONCE)
    assert green.found(AT_ONCE) == []
    asked = {promise: judged[promise].exercised > 0 for promise in judged}
    assert asked == {"BH-1": True, "BH-2": True, "BH-3": False, "BH-4": False, "BH-5": True}


def test_a_full_bulkhead_that_lets_a_call_wait_breaks_nothing() -> None:
    green = history().start(1, 2).block(3).shows(0, 2, 1).wait(499).end(1).enter(3).shows(0, 2)
    green.block(4).wait(500).refuse(4).end(2).end(3, how="cancelled").recovers(2, blocked=1)
    assert green.found(WAITS) == []
    assert all(green.judged(WAITS)[promise].exercised for promise in ("BH-3", "BH-4"))


def test_one_call_too_many_is_over_admitted_and_proved_by_all_that_run() -> None:
    red = history().start(1, 2).end(1).start(3, 4)
    (finding,) = red.findings(AT_ONCE)
    assert (finding.promise, finding.anomaly) == ("BH-1", "over-admitted")
    assert [red.history[i].value["call"] for i in finding.witness] == [2, 3, 4]
    assert "call 4 is let through as number 3 of the calls that run, with 2 permits" in finding.message


def test_a_call_whose_function_has_ended_runs_no_more_although_it_has_no_answer_yet() -> None:
    assert history().start(1, 2).leave(1).start(3).found(AT_ONCE) == []


@pytest.mark.parametrize("how", ["fail", "cancelled"])
def test_a_permit_that_never_comes_back_is_leaked_in_the_end(how: str) -> None:
    red = history().start(1).end(1, how=how).recovers(1, blocked=1)
    assert red.found(WAITS) == ["BH-2 permit-leaked VIOLATION"]
    assert "it lets 1 through at once, with 2 permits" in red.findings(WAITS)[0].message


def test_a_call_of_the_recovery_that_waits_before_it_runs_shows_a_leak_too() -> None:
    red = history().start(1).end(1).recovers(1, blocked=1).wait(100).enter(1_000_000_001)
    assert red.found(WAITS) == ["BH-2 permit-leaked VIOLATION"]


def test_a_run_without_its_recovery_says_nothing_of_the_end() -> None:
    assert history().start(1).end(1).found(AT_ONCE) == []
    assert history().start(1).end(1).judged(AT_ONCE)["BH-2"].exercised == 0


@pytest.mark.parametrize(("free", "running"), [(0, 1), (2, 1), (-1, 1)])
def test_counts_that_are_not_all_permits_are_not_conserved(free: int, running: int) -> None:
    assert history().start(1).shows(free, running).found(AT_ONCE) == ["BH-2 permits-not-conserved VIOLATION"]


def test_counts_that_add_up_and_are_not_true_differ() -> None:
    assert history().start(1).shows(2, 0).found(AT_ONCE) == ["BH-2 count-differs VIOLATION"]
    assert history().start(1, 2).block(3).shows(0, 2, 0).found(WAITS) == ["BH-2 count-differs VIOLATION"]
    told = history().start(1, 2).shows(0, 2, 1).findings(WAITS)[0].message
    assert told == "it shows 1 queued, and 0 are"


@pytest.mark.parametrize(("free", "running"), [(0, 2), (1, 1), (0, 1)])
def test_a_call_between_its_function_and_its_answer_may_be_counted_or_not(free: int, running: int) -> None:
    assert history().start(1, 2).leave(1).shows(free, running).found(AT_ONCE) == []


def test_a_call_that_a_fault_keeps_at_a_point_may_hold_a_permit_or_wait() -> None:
    for free, running, queued in ((1, 1, 0), (0, 1, 0), (0, 2, 0), (1, 1, 1)):
        kept = history().start(1).ask(2).at_point(2).shows(free, running, queued)
        assert kept.found(AT_ONCE) == [], (free, running, queued)
    assert history().start(1).ask(2).at_point(2).reject(3).found(AT_ONCE) == []


def test_a_rejection_while_a_permit_is_free_is_wrong() -> None:
    assert history().start(1).reject(2).found(AT_ONCE) == ["BH-5 rejected-while-free VIOLATION"]
    assert history().start(1, 2).end(2).reject(3).found(AT_ONCE) == ["BH-5 rejected-while-free VIOLATION"]


def test_a_call_whose_answer_is_outstanding_may_still_hold_its_permit() -> None:
    assert history().start(1, 2).leave(2).reject(3).found(AT_ONCE) == []


def test_a_permit_that_comes_back_in_the_instant_in_which_a_wait_ends_may_go_either_way() -> None:
    assert history().start(1, 2).block(3).wait(500).end(1).refuse(3).found(WAITS) == []
    late = history().start(1, 2).block(3).wait(400).end(1).wait(100).refuse(3)
    assert late.found(WAITS) == [
        "BH-4 idle-while-calls-wait VIOLATION",
        "BH-5 rejected-while-free VIOLATION",
    ]


def test_a_rejection_before_the_wait_is_over_is_off_profile() -> None:
    red = history().start(1, 2).block(3).wait(200).refuse(3)
    (finding,) = red.findings(WAITS)
    assert (finding.anomaly, finding.level, finding.off_profile) == (
        "rejected-before-its-wait",
        "OFF-PROFILE",
        "max_wait_ms=200",
    )
    assert history().start(1, 2).reject(3).found(WAITS) == ["BH-5 rejected-before-its-wait OFF-PROFILE"]


def test_a_call_that_waits_is_not_rejected_because_another_one_arrives() -> None:
    red = history().start(1, 2).block(3).wait(200).ask(4).refuse(3)
    assert red.found(WAITS) == ["BH-3 rejected-from-the-queue VIOLATION"]
    assert "call 3 waits, and is rejected after 200 ms" in red.findings(WAITS)[0].message
    assert history().start(1, 2).block(3).wait(500).ask(4).refuse(3).found(WAITS) == []


def test_a_call_that_may_wait_as_long_as_it_takes_is_never_rejected_from_the_queue() -> None:
    red = history().start(1, 2).block(3).wait(90_000).refuse(3)
    assert red.found(PATIENT) == ["BH-3 rejected-from-the-queue VIOLATION"]
    assert history().start(1, 2).block(3).wait(90_000).end(1).enter(3).found(PATIENT) == []


@pytest.mark.parametrize("late", [True, False])
def test_a_call_that_waits_longer_than_it_may_has_waited_too_long(late: bool) -> None:
    waits = history().start(1, 2).block(3).wait(490).end(1).start(4).wait(300 if late else 10).refuse(3)
    found = waits.found(WAITS)
    assert found == (["BH-3 waited-too-long VIOLATION"] if late else [])


def test_what_a_fault_keeps_may_wait_longer() -> None:
    assert history().start(1, 2).block(3).at_point(3).wait(900).refuse(3).found(WAITS) == []


def test_a_permit_that_is_free_while_a_call_waits_is_idle_once_time_passes() -> None:
    red = history().start(1, 2).block(3).end(1)
    assert red.found(WAITS) == []
    assert red.wait(100).enter(3).found(WAITS) == ["BH-4 idle-while-calls-wait VIOLATION"]
    assert "call 3 waits on while 1 of 2 permits are held" in red.findings(WAITS)[0].message


def test_a_call_is_rejected_at_once_only_when_as_many_wait_as_may() -> None:
    assert history().start(1, 2).block(3).reject(4).found(QUEUE) == []
    assert history().start(1, 2).reject(3).found(QUEUE) == ["BH-5 rejected-with-room-to-wait VIOLATION"]
    left = history().start(1, 2).block(3).end(1).enter(3).reject(4)
    assert left.found(QUEUE) == [], "in the instant in which one leaves the queue either answer is right"


def test_a_bulkhead_that_lets_no_call_wait_is_not_asked_what_becomes_of_those() -> None:
    asked = bulkhead("bulkhead/mine", lambda _clock: None, profile=AT_ONCE, sync=False).pattern
    assert [promise.id for promise in asked.promises] == ["BH-1", "BH-2", "BH-5"]


def test_what_a_crash_loses_holds_no_permit() -> None:
    crashed = history().start(1, 2)
    crashed.add("crash", "bulkhead", "crash")
    crashed.answer(1, "info", {"crashed": True}).answer(2, "info", {"crashed": True})
    assert crashed.start(3, 4).shows(0, 2).end(3).end(4).recovers(2).found(AT_ONCE) == []


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"permits": 3}, "max_wait_ms"),
        ({"permits": 3, "max_wait_ms": 0, "pool": 3}, "pool"),
        ({"permits": "3", "max_wait_ms": 0}, "int"),
        ({"permits": 0, "max_wait_ms": 0}, "permits must be at least 1"),
        ({"permits": 3, "max_wait_ms": -2}, "at least -1"),
        ({"permits": 3, "max_wait_ms": 0, "max_queued": -2}, "at least -1"),
    ],
)
def test_a_profile_that_describes_no_bulkhead_is_a_usage_error(knobs: dict[str, int], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        knobs_of(Profile("odd", knobs))
