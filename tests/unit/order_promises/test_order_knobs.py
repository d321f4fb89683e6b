"""The knobs of the order promises on short histories: what one setting allows, the other finds."""

import pytest
from order_checkers import ID_1, ID_4, ID_5, ID_5_OF_ORDERS, ID_6, SG_3, SG_4, SG_5
from order_history import PROFILE, OrderHistory

from shaketable.errors import UsageError
from shaketable.profile import Profile

EXISTS = {"status": 409, "body": {"error": "exists"}}
MISUSED = {"status": 422, "body": {"error": "used for another request"}}


def found(run, checker, **knobs):
    findings = run.judged(checker, Profile("knobs", PROFILE.knobs | knobs)).findings
    return [(finding.anomaly, finding.off_profile) for finding in findings]


def given_up_charge():
    run = OrderHistory().place("o1").order_row("o1").charge("o1").payment("o1", "GIVEN_UP").refund("o1")
    return run.payment("o1", "FAILED", run.outbox(1, "PaymentFailed", "o1"), verb="update")


def test_a_saga_that_does_not_undo_a_failed_step_does_not_refund_what_was_said_to_have_failed():
    undone = [("failed-step-compensated", "compensate_failed_step=true")]
    assert found(given_up_charge(), SG_3, compensate_failed_step=False) == undone
    assert found(given_up_charge(), SG_3, compensate_failed_step=True) == []


def test_a_refund_that_the_next_step_asked_for_is_no_undoing_of_the_failed_one():
    run = given_up_charge()
    run.commit("inventory", "inventory", run.outbox(2, "InventoryFailed", "o1"))
    assert found(run, SG_3, compensate_failed_step=False) == []


def test_a_reservation_that_was_said_to_have_failed_is_not_released_either():
    run = OrderHistory().place("o1").order_row("o1").reserve("o1")
    run.commit("inventory", "inventory", run.outbox(1, "InventoryFailed", "o1")).release("o1")
    undone = [("failed-step-compensated", "compensate_failed_step=true")]
    assert found(run, SG_3, compensate_failed_step=False) == undone
    assert found(run, SG_3, compensate_failed_step=True) == []


def reserved_late(*before):
    run = OrderHistory().place("o1").order_row("o1").charge("o1")
    for earlier in before:
        run = earlier(run)
    return (
        run.order_row("o1", "CANCELLING")
        .reserve("o1")
        .release("o1")
        .refund("o1")
        .order_row("o1", "CANCELLED")
    )


def test_a_step_that_was_given_up_may_still_be_done_where_it_is_undone_too():
    went_on = [("forward-after-compensation", "")]
    assert found(reserved_late(), SG_4, compensate_failed_step=True) == []
    assert found(reserved_late(), SG_4, compensate_failed_step=False) == went_on


def test_only_the_next_step_may_still_be_done_and_only_before_anything_is_undone():
    went_on = [("forward-after-compensation", "")]
    uncharged = (
        OrderHistory().place("o1").order_row("o1").order_row("o1", "CANCELLING").reserve("o1").release("o1")
    )
    once_refunded = OrderHistory().place("o1").order_row("o1").charge("o1").order_row("o1", "CANCELLING")
    once_refunded.refund("o1").reserve("o1").release("o1")
    reserved_before = reserved_late(lambda run: run.reserve("o1").release("o1"))
    once_ended = (
        OrderHistory().place("o1").order_row("o1").charge("o1").order_row("o1", "CANCELLED").reserve("o1")
    )
    for run in (uncharged, once_refunded, reserved_before, once_ended):
        told = found(run, SG_4, compensate_failed_step=True)
        assert set(went_on) <= set(told)


def refund_given_up():
    run = (
        OrderHistory()
        .place("o1")
        .order_row("o1")
        .charge("o1")
        .payment("o1", "CHARGED")
        .order_row("o1", "CANCELLING")
    )
    return run.letter("InventoryFailed", "o1", "e1").alert("o1", "e1")


def cancelled_all_the_same():
    return refund_given_up().payment("o1", "REFUND_PENDING", verb="update").order_row("o1", "CANCELLED")


def test_a_saga_that_stops_cancels_nothing_before_its_refund_is_done():
    went_on = [("went-on-after-failed-compensation", "after_failing_compensation=go-on")]
    assert found(cancelled_all_the_same(), SG_4, after_failing_compensation="stop") == went_on
    assert found(cancelled_all_the_same(), SG_4, after_failing_compensation="go-on") == []
    redriven = refund_given_up().refund("o1").payment("o1", "REFUNDED").order_row("o1", "CANCELLED")
    assert found(redriven, SG_4, after_failing_compensation="stop") == []


def test_a_cancellation_that_a_declined_payment_asked_for_is_not_blamed_on_the_refund():
    run = refund_given_up().append("PaymentFailed", "o1", "e2").payment("o1", "REFUND_PENDING", verb="update")
    assert found(run.order_row("o1", "CANCELLED"), SG_4, after_failing_compensation="stop") == []


def test_a_saga_that_goes_on_ends_though_its_refund_waits():
    stopped = [("stopped-at-failed-compensation", "after_failing_compensation=stop")]
    assert found(refund_given_up().quiet(), SG_5, after_failing_compensation="go-on") == stopped
    assert found(refund_given_up().quiet(), SG_5, after_failing_compensation="stop") == []
    assert found(cancelled_all_the_same().quiet(), SG_5, after_failing_compensation="go-on") == []
    assert found(refund_given_up().quiet(False), SG_5, after_failing_compensation="go-on") == []


def test_an_order_that_waits_for_another_dead_letter_has_not_stopped_at_the_refund():
    run = refund_given_up().letter("PaymentRefunded", "o1", "e2", "order").alert("o1", "e2", "order")
    assert found(run.quiet(), SG_5, after_failing_compensation="go-on") == []


def other_order(answer="ok", result=None):
    return OrderHistory().place("o1").place("o2", "k-o1", answer=answer, result=result)


def test_a_key_of_the_service_is_one_request_and_a_key_of_an_order_one_for_each():
    assert found(other_order(), ID_5) == [("other-payload-executed", "")]
    assert found(other_order(), ID_5_OF_ORDERS) == []


def test_the_first_use_of_a_key_is_not_refused_as_a_second():
    refused = other_order("fail", MISUSED)
    assert found(refused, ID_5) == []
    assert found(refused, ID_5_OF_ORDERS) == [("unused-key-refused", "")]
    alone = OrderHistory().place("o1", answer="fail", result=MISUSED)
    assert found(alone, ID_5) == [("unused-key-refused", "")]


def record(key, response, verb="insert", status="DONE", **columns):
    row = {"key": key, "payload_hash": "h", "status": status, "response": response, "owner": ""}
    return (verb, "idempotency", row | {"expires_ms": 0} | columns)


def refused_elsewhere(*writes):
    """Return a run in which o1 exists under its own key; `writes` are what is kept of its refusal under another."""
    run = OrderHistory().order_row("o1", "PENDING", record("k-o1", '[201, {"order": "o1"}]'))
    value = {"order": "o1", "item": "apple", "quantity": 1, "amount": 10, "key": "other"}
    invoked = run.history.add(0, "invoke", "client", "place_other", value)
    for write in writes:
        run.commit("order", "order", write)
    run.history.add(0, "fail", "client", "place_other", EXISTS, invoked)
    return run


KEPT = record("other", '[409, {"error": "exists"}]')


def test_a_refusal_is_kept_where_refusals_are_kept_and_only_there():
    assert found(refused_elsewhere(KEPT), ID_6, stored_statuses="201,409") == []
    kept = [("record-without-effect", "stored_statuses=201,409")]
    assert found(refused_elsewhere(KEPT), ID_6, stored_statuses="201") == kept
    forgotten = [("outcome-not-stored", "stored_statuses=201")]
    assert found(refused_elsewhere(), ID_1, stored_statuses="201,409") == forgotten
    assert found(refused_elsewhere(KEPT), ID_1, stored_statuses="201,409") == []
    assert found(refused_elsewhere(), ID_1, stored_statuses="201") == []


def test_a_refusal_that_may_mean_in_progress_need_not_be_kept():
    twice = refused_elsewhere()
    twice.history.add(0, "fault", "client", "duplicate", {"fault": "duplicate"})
    assert found(twice, ID_1, stored_statuses="201,409") == []
    no_order = OrderHistory().place("o1", answer="fail", result=EXISTS)
    assert found(no_order, ID_1, stored_statuses="201,409") == []


def test_an_outage_is_no_outcome_whatever_is_kept():
    outage = refused_elsewhere(record("other", '[503, {"error": "away"}]'))
    assert found(outage, ID_6, stored_statuses="201,503") == [("record-without-effect", "")]


def test_a_repetition_that_waits_for_the_first_answer_is_not_refused_meanwhile():
    run = OrderHistory().place("o1", answer="info").place("o1", answer="fail", result=EXISTS)
    refused = [("refused-in-progress", "in_progress=409")]
    assert found(run, ID_1, in_progress="wait") == refused
    assert found(run, ID_1, in_progress="409") == []
    misused = OrderHistory().place("o1").place("o1", amount=11, answer="fail", result=MISUSED)
    assert found(misused, ID_1, in_progress="wait") == []


def test_a_list_of_statuses_that_is_none_is_named():
    with pytest.raises(UsageError, match='stored_statuses must be like "201,409"'):
        found(refused_elsewhere(), ID_1, stored_statuses="all")


def test_a_key_whose_order_exists_under_another_key_is_not_blocked():
    given_back = record("other", "", status="RUNNING", owner="a", expires_ms=1_000)

    def asked_again(order_exists):
        run = OrderHistory().place("o1", "other", answer="info").commit("order", "order", given_back)
        run.commit("order", "order", ("delete", *given_back[1:]))
        if order_exists:
            run.order_row("o1", "PENDING", record("k-o1", "[201, {}]"))
        return run.wait(20_000).place("o1", "other", answer="fail", result=EXISTS).quiet()

    assert found(asked_again(True), ID_4) == []
    assert found(asked_again(False), ID_4) == [("key-blocked-for-ever", "")]
