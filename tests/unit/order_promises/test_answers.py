"""ID-6 by what clients are told: done has its effect, and no has none."""

from order_checkers import ID_4, ID_6
from order_history import OrderHistory, anomalies, is_certified

from shaketable.profile import Profile

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


def refused_in_calm(*, after_ms, retention_ms):
    """Return a run in which an order is made, its key is retired, and two requests with it are refused in calm."""
    run = made(OrderHistory().wait(1)).place("o1").wait(after_ms)
    for _ in range(2):
        run.op("place_again", ASKED, "fail", REFUSED).wait(10)
    profile = Profile("retiring", {"key_retention": retention_ms, "key_lease_ms": 1_000})
    return [finding.anomaly for finding in run.quiet().judged(ID_4, profile).findings]


def test_what_a_retired_key_made_may_be_refused_for_good():
    assert refused_in_calm(after_ms=30_000, retention_ms=30_000) == []
    assert refused_in_calm(after_ms=30_000, retention_ms=60_000) == ["key-blocked-for-ever"]
