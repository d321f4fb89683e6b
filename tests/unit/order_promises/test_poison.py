"""OB-7: what a row that cannot be published does to others, and what only looks like it."""

from order_checkers import OB_7
from order_history import OrderHistory, anomalies


def beside_poison(*relays, fault=None):
    """Return a run in which each of `relays` publishes the same row beside a poison one, all within a second of calm."""
    run = OrderHistory()
    for number, columns in ((1, {}), (2, {"payload": "x" * 600})):
        run.order_row(f"o{number}", "PENDING", run.outbox(number, "OrderCreated", f"o{number}", **columns))
    if fault:
        landed = run.history.add(0, "fault", "relay-1", fault, {"fault": fault, "for_ms": 9_000})
        run.history.add(0, "receipt", "relay-1", fault, {}, landed)
    run.quiet(False).wait(1_000)
    for relay in relays:
        run.append("OrderCreated", "o1", "e1", relay)
    return run


def test_two_relays_without_a_lock_publish_the_same_row_and_roll_nothing_back():
    assert anomalies(beside_poison("relay-1", "relay-2", "relay-1"), OB_7) == []
    assert "batch-rolled-back" in anomalies(beside_poison("relay-1", "relay-1", "relay-1"), OB_7)


def test_a_row_whose_commits_were_late_is_published_again_and_rolled_back_by_no_poison():
    late = beside_poison("relay-1", "relay-1", "relay-1", fault="hold")
    assert "batch-rolled-back" not in anomalies(late, OB_7)
    late.wait(40_000)
    for _ in range(3):
        late.append("OrderCreated", "o1", "e1", "relay-1")
    assert "batch-rolled-back" in anomalies(late, OB_7)


def test_a_row_that_is_marked_in_the_end_was_not_rolled_back():
    marked = beside_poison("relay-1", "relay-1", "relay-1").mark("relay-1", 1, "OrderCreated", "o1")
    assert anomalies(marked, OB_7) == []
