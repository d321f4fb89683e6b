"""The order saga when nothing fails, and when one thing does, at every boundary."""

from order_runs import VARIANTS, discrepancies, place, run

from shaketable.fault import CrashReceiver, CrashSender, Cut, Drop, Duplicate, can_duplicate
from shaketable.schedule import Inject, Wait

SAGA = "order-saga/hardened"
FIVE = [place(1), place(2), place(3), place(4, "pear", quantity=3), place(5, amount=13)]
TWO = [place(1), place(2, "pear", quantity=3)]


def test_five_orders_end_and_money_stock_and_mails_add_up():
    ran = run(SAGA, FIVE)
    assert ran.statuses() == {
        "o1": "CONFIRMED",
        "o2": "CONFIRMED",
        "o3": "CONFIRMED",
        "o4": "CANCELLED",  # more pears than there are
        "o5": "CANCELLED",  # declined
    }
    assert discrepancies(ran) == []
    assert ran.answers("place") == [("ok", 201)] * 5


def test_a_cancelled_order_keeps_the_row_of_its_refunded_payment():
    ran = run(SAGA, [place(1, "pear", quantity=3)])
    payment = ran.rows["payment", "payments", "o1"]
    assert (payment["status"], payment["verb"]) == ("REFUNDED", "update")
    assert [e["type"] for e in ran.appended("payment-events")] == ["PaymentCompleted", "PaymentRefunded"]


def test_five_orders_cost_about_as_many_messages_as_they_need():
    ran = run(SAGA, [place(n) for n in range(1, 6)] + [Wait(3_100)] * 5, trace=True)
    assert len(ran.boundaries) <= 220


def test_every_event_is_published_under_its_own_id_and_order():
    ran = run(SAGA, FIVE)
    for topic in ("order-events", "payment-events", "inventory-events"):
        events = ran.appended(topic)
        assert len({e["event_id"] for e in events}) == len(events) > 0
        assert all(e["order"] in ran.statuses() for e in events)


def test_any_single_lost_message_or_crash_leaves_the_hardened_saga_consistent():
    services = {part.name for part in VARIANTS[SAGA].system.parts}
    fault_free = run(SAGA, [*TWO, *[Wait(3_100)] * 6], trace=True)
    assert len(fault_free.boundaries) > 80
    broken = []
    for boundary in fault_free.boundaries:
        for leg in ("request", "reply"):
            at, route = str(boundary), boundary.route
            faults = [Drop(at=at, leg=leg), Cut(at=at, leg=leg)]
            if route.sender in services:
                faults.append(CrashSender(at=at, leg=leg, down_ms=1_000))
            if route.receiver in services:
                faults.append(CrashReceiver(at=at, leg=leg, down_ms=5_000))
            if can_duplicate(route.verb):
                faults.append(Duplicate(at=at, leg=leg))
            for fault in faults:
                problems = discrepancies(run(SAGA, [Inject(fault), *TWO]))
                broken += [(fault, problem) for problem in problems]
    assert broken == []


def test_the_books_notice_a_saga_that_does_not_add_up():
    drop = Drop(at="payment>provider POST /charges #1", leg="reply")
    assert discrepancies(run("order-saga/as-listed", [Inject(drop), place(1)])) == [
        "o1 is CANCELLED with (101, 0)"
    ]
