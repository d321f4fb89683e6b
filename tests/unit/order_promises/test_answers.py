"""ID-6 by what clients are told: done has its effect, and no has none."""

from order_checkers import ID_6
from order_history import OrderHistory, anomalies, is_certified

REFUSED = {"status": 409, "body": {"error": "out of stock"}}


def made(run, order="o1"):
    row = {"key": f"k-{order}", "status": "DONE", "response": "", "owner": "", "expires_ms": 0}
    return run.order_row(order, "PENDING", ("insert", "idempotency", row))


def test_an_answer_that_says_done_has_its_effect():
    assert anomalies(OrderHistory().place("o1").quiet(), ID_6) == ["answer-without-effect"]
    assert is_certified(made(OrderHistory()).place("o1").quiet(), ID_6)


def test_what_is_made_after_its_answer_is_made_too():
    assert is_certified(made(OrderHistory().place("o1")).quiet(), ID_6)
    assert anomalies(OrderHistory().place("o1").quiet(False), ID_6) == []


def test_what_was_made_before_the_run_may_be_answered():
    run = OrderHistory()
    rows = [{"id": "o1", "status": "PENDING"}]
    run.history.add(0, "state", "postgres", "rows", {"db": "order", "table": "orders", "rows": rows})
    assert anomalies(run.place("o1").quiet(), ID_6) == []


def test_a_key_of_two_payloads_is_not_judged_by_its_answers():
    run = made(OrderHistory()).place("o1", "k").place("o2", "k").quiet()
    assert anomalies(run, ID_6) == []


def test_a_request_that_was_refused_leaves_nothing():
    def refused(run):
        op = run.history.add(0, "invoke", "client", "place", ASKED)
        return run, op

    run, op = refused(OrderHistory())
    made(run).history.add(0, "fail", "client", "place", REFUSED, op)
    assert anomalies(run.quiet(), ID_6) == ["effect-of-a-refusal"]
    run, op = refused(OrderHistory())
    run.history.add(0, "fail", "client", "place", REFUSED, op)
    assert is_certified(run.quiet(), ID_6)


def test_a_refusal_beside_another_request_for_the_same_says_nothing():
    run = OrderHistory().place("o1", "k1", answer="fail", result=REFUSED)
    assert anomalies(made(run.place("o1", "k-o1")).quiet(), ID_6) == []


ASKED = {"order": "o1", "item": "apple", "quantity": 1, "amount": 10, "key": "k-o1"}
