"""ID-6: a record that asks to undo what was never done may be noted as done without an effect."""

import msgspec
from order_history import OrderHistory, anomalies

from shaketable.mapping.mapping import Mapping
from shaketable.mapping.rules_under_mapping import judged
from shaketable_patterns.idempotency.clauses import IDEMPOTENCY_RULES
from shaketable_patterns.idempotency.roles import IdempotentConsumers
from shaketable_patterns.order_system.consumer_mapping import consumers

REFUNDS = msgspec.structs.replace(consumers("payment")[1], together=False)
CHECKERS = judged(
    Mapping((IdempotentConsumers(consumers=(REFUNDS,)),)), IDEMPOTENCY_RULES.only("ID-6")
).checkers


def noted(*, charged):
    run = OrderHistory().place("o1").order_row("o1")
    run = run.charge("o1") if charged else run
    run = run.append("InventoryFailed", "o1", "e1", "inventory").deliver("inventory-events", 0, "payment")
    run = run.commit("payment", "payment", ("insert", "inbox", {"event_id": "e1"}))
    return [name for checker in CHECKERS for name in anomalies(run.quiet(), checker)]


def test_a_refund_of_what_was_charged_is_missed():
    assert noted(charged=True) == ["record-without-effect"]


def test_a_refund_of_what_was_never_charged_is_not():
    assert noted(charged=False) == []
