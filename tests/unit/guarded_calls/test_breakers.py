"""CB-1, 3, 4, 8 and 11 on handwritten histories: each anomaly red, and what a correct front may do green."""

from __future__ import annotations

from tests.unit.guarded_calls.desk import Story, opened


def test_a_front_that_answers_from_outside_keeps_all():
    assert Story().served("guide", 20).served("coupons", 20).served("stock", 20).found() == set()


def test_a_breaker_that_opens_waits_probes_and_closes_keeps_all():
    story = opened().refused("guide", times=3).wait(10_100).served("guide", 3)
    assert story.served("guide", 12).wait(20_000).served("guide", 3).found() == set()
    assert min(story.exercised(promise) for promise in ("CB-1", "CB-4", "CB-8", "CB-11"))


def test_a_call_behind_failures_enough_is_told():
    assert opened().failed("guide").found() == {("CB-1", "did-not-trip")}
    assert opened().served("guide").found() == {("CB-1", "did-not-trip")}


def test_fewer_failures_than_may_have_been_spent_half_open_prove_nothing():
    assert Story().failed("guide", 12).served("guide").found() == set()


def test_successes_that_keep_the_rate_below_half_prove_nothing():
    story = Story()
    for _ in range(4):
        story.failed("guide", 2).served("guide", 3)
    assert story.found() == set()


def test_what_was_asked_at_the_same_time_counts_for_the_breaker():
    story = Story()
    began = story.hanging("guide", 9)
    good = story.hanging("guide", 6)
    for at, _ in good:
        story.ends("guide", at)
    assert story.times_out("guide", began).failed("guide", 1).found() == set()


def test_a_new_process_has_a_new_breaker():
    assert opened().crash().failed("guide").found() == set()


def test_a_wait_among_the_failures_may_have_opened_and_closed_it():
    assert Story().failed("guide", 7).wait(10_100).failed("guide", 7).found() == set()


def test_a_call_before_the_wait_is_over_is_told():
    assert opened().refused("guide").wait(5_000).failed("guide").found() == {("CB-4", "admitted-before-wait")}


def test_a_call_that_was_let_through_before_may_arrive_late():
    story = opened()
    story.calls("guide", "q13")
    assert ("CB-1", "did-not-trip") not in story.found()


def test_more_probes_than_are_permitted_are_told():
    story = opened().refused("guide").wait(10_100)
    began = story.hanging("guide", 4)
    assert story.times_out("guide", began).found() == {("CB-3", "half-open-overadmission")}


def test_as_many_probes_as_are_permitted_are_well():
    story = opened().refused("guide").wait(10_100)
    began = story.hanging("guide", 3)
    story.refused("guide")
    assert story.times_out("guide", began).refused("guide", times=2).found() == set()


def test_a_breaker_that_opens_again_at_the_first_probe_that_fails_is_well():
    story = opened().refused("guide").wait(10_100).failed("guide").refused("guide").wait(10_100)
    assert story.failed("guide").refused("guide").found() == set()


def test_a_call_behind_probes_that_failed_is_told():
    story = opened().refused("guide").wait(10_100).failed("guide", 3).failed("guide")
    assert story.found() == {("CB-1", "did-not-reopen")}


def test_who_is_refused_where_nothing_failed_is_told():
    assert Story().served("guide", 8).refused("guide").found() == {("CB-1", "tripped-early")}


def test_an_earlier_run_may_have_left_a_breaker_half_open_or_near_its_threshold():
    assert Story().served("guide", 7).refused("guide").found() == set()


def test_what_was_in_flight_when_a_breaker_opened_is_served_all_the_same():
    story = Story().served("guide", 4)
    began = story.hanging("guide", 8)
    story.wait(5)
    for at, _ in began:
        story.ends("guide", at)
    assert story.wait(20).refused("guide").found() == set()


def test_a_rate_may_reach_its_threshold_at_a_success():
    story = Story().failed("guide", 5).wait(20_000).served("guide", 5).refused("guide")
    assert story.found() == set()


def test_a_breaker_that_stays_open_is_told():
    assert opened().wait(20_000).refused("guide").found() == {("CB-8", "stuck-open")}


def test_a_breaker_may_stay_open_while_something_is_wrong():
    assert opened().down("guide", 15_000).wait(20_000).refused("guide").found() == set()


def test_refused_connections_count_for_the_breaker_though_no_call_arrives():
    story = Story().served("stock", 5).down("stock", 1_000)
    story.refused("stock", "failed", 9).wait(20_000).served("stock").refused("stock")
    assert story.found() == set()


def test_a_fallback_that_asks_once_more_is_told():
    story = Story()
    at, request = story.begins("guide")
    story.calls("guide", request, 500).wait(5).calls("guide", request, 500).wait(5).ends(
        "guide", at, "failed"
    )
    assert story.found() == {("CB-11", "call-repeated")}


def test_a_fallback_that_asks_another_party_is_told():
    story = Story()
    at, request = story.begins("guide")
    story.calls("guide", request, 500).wait(5).calls("mirror", request).wait(5).ends("guide", at, "failed")
    assert story.found() == {("CB-11", "fallback-calls-out")}


def test_a_call_for_who_was_refused_is_told():
    story = Story()
    at, request = story.begins("guide")
    assert ("CB-11", "fallback-calls-out") in story.calls("guide", request).wait(5).ends(
        "guide", at, "open"
    ).found()


def test_a_fallback_that_waits_is_told_unless_the_machine_was_busy():
    assert opened().refused("guide", took_ms=3_500).found() == {("CB-11", "fallback-late")}
    assert opened().refused("guide", took_ms=3_500).busy().found() == set()
    assert Story().failed("guide", took_ms=6_900).found() == set()
    assert Story().failed("guide", took_ms=7_100).found() == {("CB-11", "fallback-late")}


def test_a_guest_who_gives_up_has_waited_too_long():
    story = Story()
    at, request = story.begins("guide")
    story.calls("guide", request).wait(30_000).add("info", "client", "look", {"error": "Timeout"}, at)
    assert story.found() == {("CB-11", "fallback-late")}


def test_a_front_that_stood_still_is_not_blamed_for_being_late():
    assert opened().down("postgres", 4_000).refused("guide", took_ms=3_500).found() == set()


def test_of_two_requests_with_one_name_nothing_is_known():
    story = opened()
    for _ in range(2):
        story.asked = 20
        at, request = story.begins("guide")
        story.calls("guide", request, 500).wait(5).ends("guide", at, "failed").wait(20)
    assert story.found() == set()
