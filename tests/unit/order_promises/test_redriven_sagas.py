"""SG-5: an order whose dead letter a redrive met in calm has ended."""

from order_checkers import SG_1, SG_5
from order_history import OrderHistory, anomalies

CLAUSE = "a redrive in calm completes it"


def letter(run, status, verb="update"):
    kept = {"event_id": "e1", "aggregate": "o1", "status": status, "cause": "no stock"}
    return run.commit("inventory", "inventory", (verb, "dead_letters", kept))


def waiting(*, f="place"):
    """Return an order that waits for its reservation among the dead letters, with an alert."""
    run = OrderHistory()
    value = {"order": "o1", "item": "pear", "quantity": 3, "amount": 10, "key": "k-o1"}
    run.op(f, value, "ok", {"status": 201, "body": {}}).order_row("o1", quantity=3)
    run.append("PaymentCompleted", "o1", "e1", "payment")
    return letter(run, "OPEN", "insert").alert("o1", "e1", "inventory").wait(30_000)


def redriven(run, service="inventory", answer="ok"):
    return run.op("redrive", {"service": service}, answer)


def judged(run):
    return dict(run.judged(SG_5).clauses)[CLAUSE]


def test_an_order_that_no_redrive_completes_is_redriven_in_vain():
    run = redriven(waiting()).quiet()
    assert anomalies(run, SG_5) == ["redriven-in-vain"]
    assert judged(run) == 1


def test_an_order_that_its_redrive_completes_has_ended():
    run = letter(redriven(waiting()).order_row("o1", "CANCELLED", quantity=3), "REDRIVEN").quiet()
    assert anomalies(run, SG_5) == []
    assert judged(run) == 1


def test_a_letter_that_no_redrive_met_may_wait():
    assert anomalies(waiting().quiet(), SG_5) == []
    assert anomalies(redriven(waiting(), "payment").quiet(), SG_5) == []
    assert anomalies(redriven(waiting(), answer="info").quiet(), SG_5) == []
    early = letter(redriven(OrderHistory().place("o1").order_row("o1")), "OPEN", "insert")
    assert "redriven-in-vain" not in anomalies(early.quiet(), SG_5)


def test_an_order_that_was_poison_may_wait_for_ever():
    assert anomalies(redriven(waiting(f="poison")).quiet(), SG_5) == []


def test_a_confirmed_order_that_was_undone_is_not_excused_by_a_letter():
    run = waiting().charge("o1").order_row("o1", "CONFIRMED", quantity=3)
    assert anomalies(run.quiet(), SG_1) == []
    assert anomalies(run.refund("o1").quiet(), SG_1) == ["confirmed-without-charge"]
