"""Which event announces which state of an order: the document's flow, read backwards."""

from __future__ import annotations

from shaketable_patterns.order_facts.reading import EVENT_OF
from shaketable_patterns.order_facts.story import OrderStory

STATE_OF = {event: state for state, event in EVENT_OF.items()}
ONCE = frozenset({*STATE_OF, "InventoryFailed"})
"""Events that an order has at most one of."""


def reached(story: OrderStory, event_type: str, by: int) -> bool:
    """Whether the order had committed the state that `event_type` announces by event index `by`."""
    state = STATE_OF.get(event_type)
    if state is None:
        return True
    if event_type == "PaymentFailed" and not any(charge.index <= by for charge in story.charges):
        return True  # a refusal may leave no row: what counts is that nothing was charged
    table, status = state
    changes = {"orders": story.changes, "payments": story.payments, "reservations": story.reservations}[table]
    return any(change.at <= by and change.status == status for change in changes)
