"""Every anomaly of the outbox, seen red on a short history and green on the repaired one."""

from order_checkers import DIRECT_OB_1, DIRECT_OB_5, OB, OB_1, OB_2, OB_3, OB_4, OB_5, OB_6, OB_7, OB_8
from order_history import PROFILE, OrderHistory, anomalies, is_certified, is_unknown, witness

from shaketable.mapping.rules_under_mapping import judged
from shaketable.profile import Profile
from shaketable.verdict import Verdict
from shaketable_patterns.order_system.outbox_mapping import outbox_mapping
from shaketable_patterns.outbox.clauses import OUTBOX_RULES


def written(run=None, number=1, order="o1", **columns):
    """Return an order and its event row in one transaction."""
    run = run or OrderHistory()
    return run.order_row(order, "PENDING", run.outbox(number, "OrderCreated", order, **columns))


def published(run=None, number=1, order="o1"):
    return (
        written(run, number, order)
        .append("OrderCreated", order, f"e{number}")
        .mark("relay-1", number, "OrderCreated", order)
    )


def confirmed(run, number, order="o1"):
    return run.order_row(order, "CONFIRMED", run.outbox(number, "OrderConfirmed", order))


def test_an_empty_history_is_no_evidence_for_any_promise():
    assert all(is_unknown(OrderHistory(), checker) for checker in OB)


def test_row_and_event_in_one_commit_are_atomic():
    assert is_certified(written(), OB_1)


def test_a_row_committed_without_its_event_row_loses_the_event():
    run = written().order_row("o2").commit("order", "order", OrderHistory().outbox(2, "OrderCreated", "o2"))
    assert anomalies(run, OB_1) == ["lost-event"]


def test_an_event_row_committed_before_its_row_is_a_phantom():
    run = OrderHistory().commit("order", "order", OrderHistory().outbox(1, "OrderCreated", "o1"))
    assert anomalies(run, OB_1) == ["phantom-event"]


def test_a_change_that_is_announced_twice_is_two_events():
    again = written().commit("order", "order", OrderHistory().outbox(2, "OrderCreated", "o1"))
    assert anomalies(again, OB_1) == ["announced-twice"]
    assert is_certified(confirmed(written(), 2), OB_1)


def test_a_change_that_happened_twice_is_announced_twice():
    run = confirmed(confirmed(written(), 2).order_row("o1", "HELD", verb="update"), 3)
    assert is_certified(run, OB_1)


def test_what_may_be_announced_without_a_change_of_its_own_is_not_counted():
    run = OrderHistory().payment("o1", "FAILED", OrderHistory().outbox(1, "PaymentFailed", "o1"))
    run.commit("payment", "payment", run.outbox(2, "PaymentFailed", "o1"))
    assert is_certified(run, OB_1)


def test_a_dual_write_loses_its_event_when_the_send_fails():
    assert anomalies(OrderHistory().order_row("o1").quiet(), DIRECT_OB_1) == ["lost-event"]
    assert is_certified(
        OrderHistory().order_row("o1").append("OrderCreated", "o1", "e1").quiet(), DIRECT_OB_1
    )
    assert is_unknown(OrderHistory().order_row("o1").quiet(False), DIRECT_OB_1)


def test_a_committed_event_arrives():
    assert is_certified(published().quiet(), OB_2)
    run = written().mark("relay-1", 1, "OrderCreated", "o1").quiet()
    assert anomalies(run, OB_2) == ["lost-event"]


def test_a_row_that_stays_pending_was_never_sent():
    assert anomalies(written().quiet(), OB_2) == ["never-sent"]


def given_up(size=600):
    payload = "x" * size
    return written(payload=payload).mark("relay-1", 1, "OrderCreated", "o1", "DEAD", payload=payload)


def test_a_dead_row_is_visibly_dead_and_arrival_waits_for_quiet():
    told = given_up().letter("OrderCreated", "o1", "e1", "order").alert("o1", "e1", "order")
    assert is_certified(told.quiet(), OB_2)
    assert is_unknown(written().quiet(False), OB_2)


def test_a_dead_row_without_letter_and_alert_died_in_silence():
    assert anomalies(given_up().quiet(), OB_2) == ["dead-in-silence"]
    unheard = given_up().letter("OrderCreated", "o1", "e1", "order")
    assert anomalies(unheard.quiet(), OB_2) == ["dead-in-silence"]
    kept = Profile("parks", PROFILE.knobs | {"poison_policy": "stays in the table"})
    assert given_up().quiet().judged(OB_2, kept).verdict is Verdict.CERTIFIED


def test_a_row_that_the_broker_would_take_is_not_given_up():
    told = given_up(100).letter("OrderCreated", "o1", "e1", "order").alert("o1", "e1", "order")
    assert anomalies(told.quiet(), OB_2) == ["given-up-too-early"]


def test_removing_a_row_is_saying_that_it_was_sent():
    def removed(run):
        gone = ("delete", *run.outbox(1, "OrderCreated", "o1")[1:])
        return run.commit("relay-1", "order", gone)

    assert is_certified(removed(written().append("OrderCreated", "o1", "e1")).quiet(), OB_3)
    assert anomalies(removed(written()).append("OrderCreated", "o1", "e1").quiet(), OB_3) == ["marked-unsent"]


def test_a_row_that_only_the_log_keeps_may_go_with_the_commit_that_wrote_it():
    run = OrderHistory()
    row = run.outbox(1, "OrderCreated", "o1")
    run.order_row("o1", "PENDING", row, ("delete", *row[1:])).append("OrderCreated", "o1", "e1")
    assert anomalies(run.quiet(), OB_3) == []
    assert is_certified(run, OB_1)
    assert is_certified(run, OB_2)


def test_one_event_row_does_not_speak_for_two_orders_of_one_commit():
    row = {"item": "apple", "quantity": 1, "amount": 10}
    other = ("insert", "orders", row | {"id": "o2", "status": "PENDING"})
    run = OrderHistory()
    run.order_row("o1", "PENDING", other, run.outbox(1, "OrderCreated", "o1"))
    assert anomalies(run, OB_1) == ["lost-event"]


def test_a_record_says_what_was_committed():
    payload = '{"event_id": "e1", "type": "OrderCreated", "order": "o1", "amount": 10, "trace": "t"}'
    assert is_certified(written(payload=payload).append("OrderCreated", "o1", "e1", amount=10), OB_5)
    assert anomalies(written(payload=payload).append("OrderCreated", "o1", "e1"), OB_5) == [
        "not-as-committed"
    ]
    other = written(payload=payload).append("OrderConfirmed", "o1", "e1", amount=10)
    assert anomalies(other, OB_5) == ["not-as-committed"]


def test_two_events_of_a_kind_that_may_happen_twice_are_no_duplicates():
    run = published().append("OrderNoted", "o1", "n1").append("OrderNoted", "o1", "n2")
    assert is_certified(run, OB_5)


def test_the_events_of_one_order_share_a_key():
    def twice(key):
        run = confirmed(published(), 2).append("OrderConfirmed", "o1", "e2")
        value = {"event_id": "e2", "type": "OrderConfirmed", "order": "o1"}
        return run if key == "o1" else confirmed(published(), 2).record("order-events", key, value)

    assert is_certified(twice("o1"), OB_6)
    assert anomalies(twice("e2"), OB_6) == ["scattered-aggregate"]


def test_marking_before_the_broker_has_the_record_is_seen():
    run = written().mark("relay-1", 1, "OrderCreated", "o1").append("OrderCreated", "o1", "e1")
    assert anomalies(run, OB_3) == ["marked-unsent"]
    assert is_certified(published(), OB_3)


def test_a_record_of_another_topic_does_not_count_as_sent():
    run = written().append("OrderCreated", "o1", "e1", topic="payment-events")
    assert anomalies(run.mark("relay-1", 1, "OrderCreated", "o1"), OB_3) == ["marked-unsent"]


def test_sent_does_not_become_pending_again():
    run = published()
    run.commit("relay-1", "order", ("update", "outbox", OrderHistory().outbox(1, "OrderCreated", "o1")[2]))
    assert anomalies(run, OB_4) == ["sent-regressed"]
    assert is_certified(published(), OB_4)


def test_marking_what_another_relay_has_sent_is_unfenced():
    assert anomalies(published().mark("relay-2", 1, "OrderCreated", "o1"), OB_4) == ["unfenced-claim"]


def lock(run, process, owner):
    row = {"name": "outbox-relay", "owner": owner, "until_ms": 1}
    return run.commit(process, "order", ("update", "relay_lock", row))


def test_marking_after_another_relay_took_the_lock_is_unfenced():
    run = lock(lock(written(), "relay-1", "a"), "relay-2", "b")
    assert anomalies(run.mark("relay-1", 1, "OrderCreated", "o1"), OB_4) == ["unfenced-claim"]
    fenced = lock(lock(written(), "relay-1", "a"), "relay-2", "b")
    assert is_certified(fenced.mark("relay-2", 1, "OrderCreated", "o1"), OB_4)


def test_sweeping_up_rows_that_are_done_with_needs_no_claim():
    run = lock(published(), "relay-1", "a")
    run.commit("sweeper", "order", ("delete", *run.outbox(1, "OrderCreated", "o1", "SENT")[1:]))
    assert is_certified(published(lock(OrderHistory(), "relay-1", "a")), OB_4)
    assert anomalies(run, OB_4) == []


def test_a_row_that_the_log_has_may_be_swept_away_by_any_process_and_marked_by_the_holder_of_the_lock_alone():
    logged = judged(outbox_mapping(log=True), OUTBOX_RULES).checkers
    owners = next(checker for checker in logged if checker.promise.id == "OB-4")
    for change, broken in (("delete", []), ("update", ["unfenced-claim"])):
        run = lock(lock(written(), "relay-1", "a"), "relay-2", "b")
        run.commit("relay-1", "order", (change, *run.outbox(1, "OrderCreated", "o1", "DEAD")[1:]))
        assert anomalies(run, owners) == broken


def test_a_dead_row_may_be_taken_up_again_by_a_person():
    run = lock(given_up(), "relay-1", "a")
    again = run.outbox(1, "OrderCreated", "o1", "PENDING")
    assert anomalies(run.commit("operator", "order", ("update", *again[1:])), OB_4) == []


def test_marking_what_another_relay_has_claimed_is_unfenced():
    run = written()
    claim = OrderHistory().outbox(1, "OrderCreated", "o1", owner="token")[2]
    run.commit("relay-2", "order", ("update", "outbox", claim))
    assert anomalies(run.mark("relay-1", 1, "OrderCreated", "o1", owner="token"), OB_4) == ["unfenced-claim"]


def test_a_record_without_a_committed_row_is_a_phantom():
    run = OrderHistory().append("OrderCreated", "o1", "e1")
    assert anomalies(run, OB_5) == ["phantom-event"]
    assert is_certified(published(), OB_5)


def test_a_record_before_its_row_committed_is_a_phantom():
    assert anomalies(written(OrderHistory().append("OrderCreated", "o1", "e1")), OB_5) == ["phantom-event"]


def test_a_failed_payment_that_was_charged_is_a_phantom():
    run = OrderHistory().order_row("o1").charge("o1").payment("o1", "CHARGED")
    assert anomalies(run.append("PaymentFailed", "o1", "e1", "payment"), DIRECT_OB_5) == ["phantom-event"]
    declined = OrderHistory().order_row("o1").append("PaymentFailed", "o1", "e1", "payment")
    assert is_certified(declined, DIRECT_OB_5)


def test_a_duplicate_keeps_its_id():
    assert is_certified(published().append("OrderCreated", "o1", "e1"), OB_5)
    assert anomalies(published().append("OrderCreated", "o1", "e7"), OB_5) == ["new-id-on-duplicate"]


def test_what_a_client_publishes_is_not_judged():
    assert is_unknown(OrderHistory().append("PaymentFailed", "o1", "x", "client"), OB_5)


def test_first_appearances_follow_commit_order():
    run = confirmed(written(), 2)
    swapped = run.append("OrderConfirmed", "o1", "e2").append("OrderCreated", "o1", "e1")
    assert anomalies(swapped, OB_6) == ["out-of-order"]
    run = confirmed(written(), 2).append("OrderCreated", "o1", "e1").append("OrderConfirmed", "o1", "e2")
    assert is_certified(run.append("OrderCreated", "o1", "e1"), OB_6)


def test_other_aggregates_may_overtake():
    run = confirmed(written(written(), 2, "o2"), 3, "o2")
    run.append("OrderCreated", "o2", "e2").append("OrderCreated", "o1", "e1").append(
        "OrderConfirmed", "o2", "e3"
    )
    assert is_certified(run, OB_6)


def test_a_row_that_commits_late_with_a_lower_id_must_not_be_skipped():
    run = written(written(OrderHistory(), 2, "o2"), 1, "o1").append("OrderCreated", "o2", "e2")
    assert anomalies(run.quiet(), OB_6) == ["skipped-row"]


def test_poison_must_not_hold_up_other_rows():
    poison = {"payload": "x" * 600}
    run = written(written(**poison), 2, "o2").quiet()
    assert anomalies(run, OB_7) == ["poison-blocks-others"]
    assert is_certified(published(written(**poison), 2, "o2").quiet(), OB_7)
    assert is_unknown(published().quiet(), OB_7)


def test_a_batch_that_is_rolled_back_by_poison_is_published_again_and_again():
    run = written(written(), 2, "o2", payload="x" * 600)
    run.quiet(False)
    for _ in range(3):
        run.append("OrderCreated", "o1", "e1")
    assert "batch-rolled-back" in anomalies(run, OB_7)


def test_a_poll_is_narrowed_by_an_index_where_that_is_declared():
    indexed = judged(outbox_mapping(relay_lock=False, indexed=True), OUTBOX_RULES).checkers
    (narrowed,) = [checker for checker in indexed if checker.promises[0].id == "OB-8"]
    assert is_certified(OrderHistory().plan("outbox_by_status"), narrowed)
    assert anomalies(OrderHistory().plan("outbox_by_status").plan(""), narrowed) == ["reads-whole-table"]
    assert witness(OrderHistory().plan(""), narrowed) == ["plan"]
    assert is_unknown(OrderHistory().plan("", table="orders"), narrowed)
    assert is_unknown(OrderHistory().plan(""), OB_8)


def test_one_poll_reads_no_more_than_its_batch():
    assert is_certified(OrderHistory().poll(10), OB_8)
    assert anomalies(OrderHistory().poll(10).poll(11), OB_8) == ["unbounded-batch"]
    assert witness(OrderHistory().poll(11), OB_8) == ["poll"]
    assert PROFILE.int("batch_size") == 10
