"""The document's flow: the event that announces each state, what each service owes for an event, and whether it was done."""

from __future__ import annotations

from shaketable_patterns.order_facts.facts import OrderFacts
from shaketable_patterns.order_facts.records import Append
from shaketable_patterns.order_facts.story import OrderStory

EVENT_OF = {
    ("orders", "PENDING"): "OrderCreated",
    ("orders", "CONFIRMED"): "OrderConfirmed",
    ("orders", "CANCELLED"): "OrderCancelled",
    ("payments", "CHARGED"): "PaymentCompleted",
    ("payments", "FAILED"): "PaymentFailed",
    ("payments", "REFUNDED"): "PaymentRefunded",
    ("reservations", "RESERVED"): "InventoryReserved",
}
"""By table and status."""
STATE_OF = {event: state for state, event in EVENT_OF.items()}
ONCE = frozenset({*STATE_OF, "InventoryFailed"})
"""Events that an order has at most one of."""
MAILED = ("OrderConfirmed", "OrderCancelled")
OWED = {
    "payment": ("OrderCreated", "InventoryFailed"),
    "inventory": ("PaymentCompleted",),
    "order": ("InventoryReserved", "InventoryFailed", "PaymentFailed", "PaymentRefunded"),
    "notification": MAILED,
}
"""By consumer group: the types it must act on. All others do not concern it."""
_COMPENSATIONS = (("payment", "InventoryFailed"),)
"""The service that undoes a step, and the event that asks for it."""
CLOSED = ("REDRIVEN", "DELETED")
"""The statuses of a dead letter that needs nothing more."""


def reached(story: OrderStory, event_type: str, by: int) -> bool:
    """Tell whether the order had committed the state that `event_type` announces by event index `by`."""
    state = STATE_OF.get(event_type)
    if state is None:
        return True
    if event_type == "PaymentFailed" and not any(charge.index <= by for charge in story.charges):
        return True  # a refusal may leave no row: what counts is that nothing was charged
    table, status = state
    changes = {"orders": story.changes, "payments": story.payments, "reservations": story.reservations}[table]
    return any(change.at <= by and change.status == status for change in changes)


def owes(group: str, record: Append) -> bool:
    """Tell whether `group` must do something about this record; it must report one that has no type."""
    return record.type in OWED.get(group, ()) or (group in OWED and not record.type)


def recorded(facts: OrderFacts, group: str, event_id: str) -> bool:
    """Tell whether the service wrote down that it is done with this event."""
    return (group, event_id) in facts.handled


def effective(facts: OrderFacts, group: str, record: Append) -> bool:
    """Tell whether the effect that the event asks for of `group` is there, by the tables and ledgers it belongs in."""
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


def is_dead_letter(facts: OrderFacts, group: str, record: Append) -> bool:
    """Tell whether this service keeps the event as a dead letter that is still open, in its table or on the topic."""
    return facts.order(record.order).letters.get((record.event_id, group), "DELETED") not in CLOSED


def failed_compensations(story: OrderStory) -> dict[tuple[str, str], int]:
    """Return (event, service) of each compensation among the order's dead letters, and where that was announced.

    Such a compensation has failed for good, unless a redrive completes it.
    """
    found: dict[tuple[str, str], int] = {}
    for letter in story.dead:
        service = str(letter.value.get("service", "")) if isinstance(letter.value, dict) else ""
        if (service, letter.type) in _COMPENSATIONS:
            found.setdefault((letter.event_id, service), letter.at)
    return found
