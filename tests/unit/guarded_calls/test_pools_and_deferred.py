"""BH-1, 5, 6 and CW-1 to CW-3 on handwritten histories: each anomaly red, and what a correct front may do green."""

from __future__ import annotations

import pytest

from tests.unit.guarded_calls.desk import Story


@pytest.mark.parametrize(("party", "permits"), [("guide", 10), ("stock", 5), ("coupons", 3)])
def test_more_calls_in_flight_than_permits_are_told(party, permits):
    story = Story()
    assert story.times_out(party, story.hanging(party, permits)).found() == set()
    assert story.exercised("BH-1")
    story = Story()
    assert story.times_out(party, story.hanging(party, permits + 1)).found() == {("BH-1", "over-admitted")}


def test_calls_that_end_early_are_not_known_to_have_been_in_flight():
    story = Story()
    assert story.times_out("coupons", story.hanging("coupons", 4), after_ms=3_900).found() == set()


def test_who_is_told_that_a_pool_is_full_that_is_not_is_told():
    assert Story().refused("coupons", "full").found() == {("BH-5", "rejected-while-free")}


def test_who_is_told_that_a_full_pool_is_full_is_well():
    story = Story()
    began = story.hanging("coupons", 3)
    assert story.refused("coupons", "full").times_out("coupons", began).found() == set()


def test_a_call_of_a_guest_who_gave_up_may_still_be_in_flight():
    story = Story()
    at, request = story.begins("coupons")
    story.calls("coupons", request).wait(3_000).add("info", "client", "coupon", {"error": "Timeout"}, at)
    began = story.hanging("coupons", 2)
    assert story.refused("coupons", "full").times_out("coupons", began).found() == set()


def test_a_pool_that_rejects_while_another_is_saturated_is_told():
    story = Story().served("stock", 8)
    began = story.hanging("guide", 10)
    story.refused("stock", "full").times_out("guide", began)
    assert story.found() == {("BH-6", "rejected-by-another"), ("BH-5", "rejected-while-free")}


def test_a_pool_that_is_delayed_while_another_is_saturated_is_told_unless_the_machine_was_busy():
    assert _beside(took_ms=3_500).found() == {("BH-6", "delayed-by-another")}
    assert _beside(took_ms=3_500).busy().found() == set()
    assert _beside(took_ms=500).found() == set()
    assert _beside(took_ms=500).exercised("BH-6")


def _beside(took_ms: int) -> Story:
    story = Story().served("stock", 8)
    began = story.hanging("guide", 10)
    return story.served("stock", took_ms=took_ms).times_out("guide", began, after_ms=4_010 - took_ms)


def test_an_order_that_fails_or_waits_while_mails_cannot_be_sent_is_told():
    story = Story().served("stock", 8).down("mailer", 10_000)
    at, request = story.begins("stock")
    story.calls("stock", request).wait(5).add("info", "client", "order", {"status": 500, "body": {}}, at)
    assert story.found() == {("CW-1", "failed-with-the-deferred")}
    story = Story().served("stock", 8).down("mailer", 10_000).served("stock", took_ms=3_100)
    assert story.found() == {("CW-1", "late-with-the-deferred")}


def test_an_order_that_is_served_while_mails_cannot_be_sent_is_well():
    story = Story().served("stock", 8).down("mailer", 10_000).served("stock")
    assert story.found() == set()
    assert story.exercised("CW-1")


def test_a_stock_that_fails_itself_is_not_blamed_on_the_mails():
    assert Story().served("stock", 8).down("mailer", 10_000).failed("stock").found() == set()


def test_an_order_that_hangs_with_the_stock_is_told():
    story = Story().down("stock", 20_000).refused("stock", "failed", took_ms=8_000)
    assert story.found() == {("CW-2", "hangs-with-the-asked"), ("CB-11", "fallback-late")}
    assert Story().down("stock", 20_000).refused("stock", "failed", took_ms=4_000).found() == set()


def test_mails_that_wait_for_another_party_are_told():
    story = Story()
    at, request = story.begins("stock")
    story.calls("stock", request).wait(5).ends("stock", at).down("guide", 20_000).wait(15_000).mailed(request)
    assert story.found() == {("CW-2", "deferred-held-up")}


def test_mails_may_wait_for_the_gateway():
    story = Story()
    at, request = story.begins("stock")
    story.calls("stock", request).wait(5).ends("stock", at).down("guide", 20_000).down("mailer", 8_000)
    assert story.wait(15_000).mailed(request).found() == set()


def test_what_was_accepted_and_never_done_is_told():
    story = Story()
    at, request = story.begins("stock")
    assert story.calls("stock", request).wait(5).ends("stock", at).found() == {("CW-3", "never-done")}


def test_what_was_done_twice_is_told():
    assert Story().served("stock").mailed("q1", "another").found() == {("CW-3", "done-twice")}


def test_what_was_done_for_nothing_is_told():
    assert Story().failed("stock").mailed("q1").found() == {("CW-3", "done-for-nothing")}


def test_an_order_of_unknown_outcome_may_have_its_mail_or_none():
    story = Story()
    for _ in range(2):
        at, request = story.begins("stock")
        story.calls("stock", request).wait(5).add("info", "client", "order", {"error": "ConnectionLost"}, at)
    assert story.mailed("q1").found() == set()


def test_a_refusal_that_the_network_made_up_refuses_nothing():
    story = Story()
    at, request = story.begins("stock")
    fault = story.add(
        "fault", "client", "server_error", {"at": "client>front POST /orders #1", "leg": "reply"}
    )
    story.calls("stock", request).wait(5).add("receipt", "client", "server_error", {}, fault)
    assert story.ends("stock", at, "failed").mailed(request).found() == set()
