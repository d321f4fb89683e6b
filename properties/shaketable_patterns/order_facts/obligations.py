"""What each service owes for an event that reached it, and whether it was done."""

from __future__ import annotations

from shaketable_patterns.order_facts.facts import OrderFacts
from shaketable_patterns.order_facts.records import Append

MAILED = ("OrderConfirmed", "OrderCancelled")
OWED = {
    "payment": ("OrderCreated", "InventoryFailed"),
    "inventory": ("PaymentCompleted",),
    "order": ("InventoryReserved", "InventoryFailed", "PaymentFailed", "PaymentRefunded"),
    "notification": MAILED,
}
"""By consumer group: the types it must act on. The rest is none of its business."""


def owes(group: str, record: Append) -> bool:
    """Whether `group` must do something about this record; for one that says nothing it must say so."""
    return record.type in OWED.get(group, ()) or (group in OWED and not record.type)


def recorded(facts: OrderFacts, group: str, event_id: str) -> bool:
    """Whether the service wrote down that it is done with this event."""
    return (group, event_id) in facts.handled


def effective(facts: OrderFacts, group: str, record: Append) -> bool:
    """Whether what the event asks for is there, by the books of those who keep it."""
    story = facts.order(record.order)
    match group:
        case "payment" if record.type == "InventoryFailed":
            return bool(story.refunds) or not story.charges
        case "payment":
            declined = any(r.type == "PaymentFailed" for r in story.appends)
            return declined or bool(story.payments or story.charges)
        case "inventory":
            failed = any(r.type == "InventoryFailed" for r in story.appends)
            return bool(story.reservations) or failed or facts.announced("InventoryFailed", record.order)
        case "order":
            return bool(story.changes) and story.status != "PENDING"
        case "notification":
            return record.event_id in facts.mails
        case _:
            return True


def buried(facts: OrderFacts, group: str, record: Append) -> bool:
    """Whether this service keeps the event as a dead letter, in its own table or on the topic, that nobody closed."""
    closed = ("REDRIVEN", "DELETED")
    return facts.order(record.order).letters.get((record.event_id, group), "DELETED") not in closed
