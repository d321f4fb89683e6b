"""The events of the system: names, topics, and reading one without trusting it."""

from __future__ import annotations

from shaketable.ports import Json
from shaketable_targets.order_system.failures import Unprocessable

ORDER_EVENTS = "order-events"
PAYMENT_EVENTS = "payment-events"
INVENTORY_EVENTS = "inventory-events"
DEAD_LETTERS = "dead-letters"
ALERTS = "alerts"
UNKNOWN = "Unknown"
"""The type of a dead letter whose event did not say its own: no redrive can handle it either."""

TOPIC_OF = {
    "OrderCreated": ORDER_EVENTS,
    "OrderConfirmed": ORDER_EVENTS,
    "OrderCancelled": ORDER_EVENTS,
    "PaymentCompleted": PAYMENT_EVENTS,
    "PaymentFailed": PAYMENT_EVENTS,
    "PaymentRefunded": PAYMENT_EVENTS,
    "InventoryReserved": INVENTORY_EVENTS,
    "InventoryFailed": INVENTORY_EVENTS,
}


def event_of(event_id: str, kind: str, order: Json) -> Json:
    """Make an event about `order`, a mapping with order, item, quantity and amount (an event is one)."""
    return {
        "event_id": event_id,
        "type": kind,
        "order": order["order"],
        "item": order.get("item"),
        "quantity": order.get("quantity"),
        "amount": order.get("amount"),
    }


def checked(event: Json) -> Json:
    """Return the event if it says its id, its type and its order. Raises Unprocessable otherwise."""
    if not isinstance(event, dict):
        raise Unprocessable("not an event")
    for field in ("event_id", "type", "order"):
        if not isinstance(event.get(field), str):
            raise Unprocessable(f"no {field}")
    if event["type"] == UNKNOWN:
        raise Unprocessable("no type")
    return event
