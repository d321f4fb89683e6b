"""Every anomaly of the saga, seen red on a short history and green on the repaired one."""

from order_checkers import SG, SG_1, SG_2, SG_3, SG_4, SG_5, SG_6, SG_7
from order_history import OrderHistory, anomalies, is_certified, is_unknown, witness


def confirmed(order="o1", run=None):
    run = run or OrderHistory()
    return run.place(order).order_row(order).charge(order).payment(order, "CHARGED").reserve(order)


def done(order="o1", run=None):
    return confirmed(order, run).order_row(order, "CONFIRMED")


def compensated():
    return (
        OrderHistory()
        .place("o1")
        .order_row("o1")
        .charge("o1")
        .payment("o1", "CHARGED")
        .refund("o1")
        .payment("o1", "REFUNDED")
        .order_row("o1", "CANCELLED")
    )


def test_an_empty_history_is_no_evidence_for_any_promise():
    assert all(is_unknown(OrderHistory(), checker) for checker in SG)


def test_a_confirmed_and_a_compensated_order_keep_conservation():
    assert is_certified(done().quiet(), SG_1)
    assert is_certified(compensated().quiet(), SG_1)


def test_a_cancelled_order_that_stays_charged_keeps_money():
    run = OrderHistory().place("o1").order_row("o1").charge("o1").order_row("o1", "CANCELLED").quiet()
    assert anomalies(run, SG_1) == ["money-kept"]
    assert witness(run, SG_1) == ["charge", "commit"]


def test_a_breach_says_which_order_it_is_about():
    run = OrderHistory().place("o1").order_row("o1").charge("o1").order_row("o1", "CANCELLED").quiet()
    (finding,) = run.judged(SG_1).findings
    assert finding.about == ("o1",)


def test_money_of_an_order_that_never_was_is_kept_too():
    assert anomalies(OrderHistory().charge("o1").quiet(), SG_1) == ["money-kept"]


def test_a_cancelled_order_that_stays_reserved_leaks_stock():
    run = OrderHistory().place("o1").order_row("o1").reserve("o1").order_row("o1", "CANCELLED")
    assert anomalies(run.quiet(), SG_1) == ["stock-leaked"]


def test_stock_set_aside_for_no_order_leaks():
    assert anomalies(OrderHistory().reserve("o1", row=False).quiet(), SG_1) == ["stock-leaked"]


def test_a_confirmed_order_needs_charge_and_stock():
    run = OrderHistory().place("o1").order_row("o1").order_row("o1", "CONFIRMED").quiet()
    assert anomalies(run, SG_1) == ["confirmed-without-charge", "confirmed-without-stock"]


def test_conservation_is_unknown_while_the_system_is_not_quiet():
    run = OrderHistory().place("o1").order_row("o1").charge("o1").order_row("o1", "CANCELLED").quiet(False)
    assert is_unknown(run, SG_1)
    assert "never became quiet" in run.judged(SG_1).unknown
    assert run.judged(SG_1).reason.kind == "never-quiet"


def test_charging_twice_is_seen_at_once_even_if_it_is_refunded_later():
    run = OrderHistory().place("o1").order_row("o1").charge("o1").charge("o1").refund("o1")
    assert anomalies(run, SG_2) == ["double-charge"]
    assert witness(run, SG_2) == ["charge", "charge"]


def test_charge_refund_charge_never_exceeds_the_price():
    assert is_certified(OrderHistory().order_row("o1").charge("o1").refund("o1"), SG_2)


def test_a_refund_needs_its_charge_first():
    assert anomalies(OrderHistory().order_row("o1").refund("o1").charge("o1"), SG_2) == [
        "refund-before-charge"
    ]


def test_a_refund_goes_no_further_than_its_charge():
    run = OrderHistory().order_row("o1").charge("o1").refund("o1").refund("o1")
    assert anomalies(run, SG_2) == ["over-refund"]


def test_part_of_a_price_is_not_a_charge():
    assert anomalies(OrderHistory().order_row("o1").charge("o1", 4), SG_2) == ["partial-charge"]


def test_more_reserved_than_asked_for_is_a_double_reservation():
    run = OrderHistory().order_row("o1").reserve("o1").reserve("o1")
    assert "double-reservation" in anomalies(run, SG_2)


def test_a_stock_row_that_moves_without_its_reservation_is_a_double_reservation():
    assert "double-reservation" in anomalies(
        OrderHistory().order_row("o1").reserve("o1").reserve("o1", row=False), SG_2
    )


def test_stock_below_zero_is_oversold():
    assert "oversold" in anomalies(OrderHistory({"apple": 0}).order_row("o1").reserve("o1"), SG_2)


def test_stock_that_appears_or_vanishes_is_not_conserved():
    run = OrderHistory()
    run.stock["apple"][0] -= 2
    assert anomalies(run.order_row("o1").reserve("o1"), SG_2) == ["stock-not-conserved"]


def test_a_promise_without_stock_is_not_conserved():
    run = OrderHistory().order_row("o1").reserve("o1", stock_row=False)
    run.stock = {"apple": [5, 0]}
    assert anomalies(
        run.order_row("o2").commit(
            "inventory", "inventory", ("update", "stock", {"item": "apple", "available": 5, "reserved": 0})
        ),
        SG_2,
    ) == ["stock-not-conserved"]


def test_compensation_in_reverse_order_is_fine():
    assert is_certified(confirmed().release("o1").refund("o1"), SG_3)


def test_refunding_before_releasing_is_out_of_order():
    run = confirmed().refund("o1").release("o1")
    assert anomalies(run, SG_3) == ["compensated-out-of-order"]


def test_deleting_is_no_compensation():
    run = OrderHistory().order_row("o1").payment("o1", "CHARGED").payment("o1", "CHARGED", verb="delete")
    assert anomalies(run, SG_3) == ["compensated-by-delete"]


def test_a_terminal_status_is_final():
    assert is_certified(done(), SG_4)
    assert "illegal-transition" in anomalies(done().order_row("o1", "CANCELLED"), SG_4)


def test_a_cancelling_order_does_not_go_forward():
    run = confirmed().order_row("o1", "CANCELLING").order_row("o1", "CONFIRMED")
    assert set(anomalies(run, SG_4)) == {"illegal-transition", "forward-after-compensation"}


def test_charging_after_a_refund_goes_forward_after_compensation():
    run = OrderHistory().order_row("o1").charge("o1").refund("o1").charge("o1")
    assert anomalies(run, SG_4) == ["forward-after-compensation"]


def test_confirming_needs_a_reservation_by_then():
    run = OrderHistory().order_row("o1").charge("o1").order_row("o1", "CONFIRMED").reserve("o1")
    assert anomalies(run, SG_4) == ["confirmed-without-reservation"]


def test_cancelling_waits_for_the_refund_or_its_durable_request():
    run = OrderHistory().order_row("o1").charge("o1").payment("o1", "CHARGED")
    assert anomalies(run.order_row("o1", "CANCELLED"), SG_4) == ["cancelled-before-refund"]
    pending = OrderHistory().order_row("o1").charge("o1").payment("o1", "REFUND_PENDING", verb="insert")
    assert is_certified(pending.order_row("o1", "CANCELLED"), SG_4)
    assert is_certified(compensated(), SG_4)


def test_a_refund_that_an_event_row_asks_for_is_durably_pending():
    run = OrderHistory().order_row("o1").charge("o1").payment("o1", "CHARGED")
    ask = ("insert", "outbox", {"id": 1, "event_id": "e1", "type": "RefundRequested", "aggregate": "o1"})
    assert is_certified(run.order_row("o1", "CANCELLED", ask), SG_4)


def test_an_order_that_stays_pending_is_stranded():
    run = OrderHistory().place("o1").order_row("o1").quiet()
    assert anomalies(run, SG_5) == ["stranded-saga"]
    assert is_certified(done().quiet(), SG_5)


def test_a_dead_letter_with_an_alert_is_not_stranded_and_without_one_is():
    def run():
        return OrderHistory().place("o1").order_row("o1").letter("OrderCreated", "o1", "e1")

    assert is_certified(run().alert("o1", "e1").quiet(), SG_5)
    assert anomalies(run().quiet(), SG_5) == ["stranded-saga"]


def test_a_mail_among_the_dead_letters_excuses_no_saga():
    run = OrderHistory().place("o1").order_row("o1").letter("OrderCreated", "o1", "e1", "notification")
    assert anomalies(run.alert("o1", "e1", "notification").quiet(), SG_5) == ["stranded-saga"]


def test_an_alert_about_something_else_excuses_no_saga():
    def parked(about):
        run = OrderHistory().place("o1").order_row("o1").letter("OrderCreated", "o1", "e1")
        return run.alert("o1", about).quiet()

    assert is_certified(parked("e1"), SG_5)
    assert anomalies(parked("e2"), SG_5) == ["stranded-saga"]


def test_an_accepted_order_without_a_row_is_lost():
    assert anomalies(OrderHistory().place("o1").quiet(), SG_5) == ["lost-order"]
    assert is_unknown(OrderHistory().place("o1", answer="info").quiet(), SG_5)


def test_a_refund_that_was_begun_must_end():
    run = OrderHistory().place("o1").order_row("o1").charge("o1").payment("o1", "REFUNDING", verb="insert")
    assert anomalies(run.order_row("o1", "CANCELLED").quiet(), SG_5) == ["compensation-abandoned"]


def test_termination_is_unknown_while_the_system_is_not_quiet():
    assert is_unknown(OrderHistory().place("o1").order_row("o1").quiet(False), SG_5)


def test_orders_keep_their_own_data():
    assert is_certified(done("o2", done("o1")), SG_6)
    assert is_unknown(done("o1"), SG_6)


def test_an_order_charged_with_anothers_price_is_crossed():
    run = done("o1").place("o2", amount=20).order_row("o2", amount=20).charge("o2", 10)
    assert anomalies(run, SG_6) == ["crossed-sagas"]


def test_an_order_given_anothers_items_is_crossed():
    run = done("o1").place("o2").order_row("o2").reserve("o2", 2)
    assert anomalies(run, SG_6) == ["crossed-sagas"]


def test_an_effect_for_an_order_that_was_never_placed_is_found():
    assert anomalies(done("o1").charge("o9"), SG_6) == ["effect-for-nobody"]


def test_a_mail_tells_its_own_order_how_it_ended():
    def mailed(kind, order="o1"):
        return OrderHistory().append(kind, "o1", "e1").mail("e1", order)  # its template is "confirmed"

    assert is_certified(mailed("OrderConfirmed"), SG_6)
    assert anomalies(mailed("OrderCancelled"), SG_6) == ["crossed-sagas"]
    assert anomalies(mailed("OrderConfirmed", "o2"), SG_6) == ["crossed-sagas"]


def test_two_instances_that_were_given_one_event_do_it_once():
    def taken_over(run):
        run.place("o1").order_row("o1").append("OrderCreated", "o1", "e1")
        return run.deliver("order-events", 0, "payment", "payment-1").charge("o1")

    def again(run):
        return run.deliver("order-events", 0, "payment", "payment-2")

    assert is_certified(again(taken_over(OrderHistory())), SG_6)
    assert anomalies(again(taken_over(OrderHistory())).charge("o1"), SG_6) == ["doubled-by-instances"]
    assert (
        anomalies(
            taken_over(OrderHistory()).deliver("order-events", 0, "payment", "payment-1").charge("o1"), SG_6
        )
        == []
    )


def redelivered(run):
    """Return a run in which the same event reaches payment twice."""
    run.append("OrderCreated", "o1", "e1")
    return run.deliver("order-events", 0, "payment").deliver("order-events", 0, "payment")


def test_a_duplicate_that_changes_nothing_is_fine():
    assert is_certified(redelivered(done()).quiet(), SG_7)
    assert is_unknown(done().quiet(), SG_7)


def test_a_duplicate_that_charges_again_changed_the_state():
    assert anomalies(redelivered(done()).charge("o1").quiet(), SG_7) == ["duplicate-changed-state"]


def test_a_duplicate_that_only_notification_saw_is_not_blamed_for_the_money():
    run = done().append("OrderConfirmed", "o1", "e1").charge("o1")
    run.deliver("order-events", 0, "notification").deliver("order-events", 0, "notification")
    assert is_unknown(run.quiet(), SG_7)


def test_two_outcomes_of_one_step_contradict_each_other():
    run = redelivered(done()).append("PaymentCompleted", "o1", "e2").append("PaymentFailed", "o1", "e3")
    assert anomalies(run.quiet(), SG_7) == ["contradictory-outcomes"]


def test_events_that_overtake_each_other_count_as_reordered():
    run = done().append("PaymentFailed", "o1", "e1").append("PaymentRefunded", "o1", "e2")
    run.deliver("payment-events", 1, "order").deliver("payment-events", 0, "order").quiet()
    assert run.judged(SG_7).exercised == 2  # once for each of its two clauses
