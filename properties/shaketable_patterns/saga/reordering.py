"""SG-7: duplicated and reordered events lead to the same final state."""

from __future__ import annotations

from shaketable_patterns.order_facts import Delivery, OrderFacts, OrderStory, Tally

_EXCLUSIVE = (
    ("PaymentCompleted", "PaymentFailed"),
    ("InventoryReserved", "InventoryFailed"),
    ("OrderConfirmed", "OrderCancelled"),
)


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge the orders whose events came again or out of order, once all is quiet."""
    if facts.unsettled:
        return
    for story in facts.orders.values():
        if not story.reordered or story.parked:
            continue
        # A mail sent twice is bad (ID-2), but it cannot be what moved money or stock.
        reordered = [(d, clash) for d, clash in story.reordered if d.group != "notification"]
        if reordered:
            tally.exercised += len(reordered)
            _one_outcome(story, tally)
            _sound_end(story, *reordered[0], tally)


def _one_outcome(story: OrderStory, tally: Tally) -> None:
    first: dict[str, int] = {}
    for record in story.appends:
        first.setdefault(record.type, record.at)
    for one, other in _EXCLUSIVE:
        if one in first and other in first:
            tally.breach(
                "contradictory-outcomes",
                f"{story.name}: both {one} and {other} were announced",
                first[one],
                first[other],
            )


def _sound_end(story: OrderStory, delivery: Delivery, clash: int, tally: Tally) -> None:
    money, stock = story.charged_net(), story.reserved_net()
    if story.status == "CONFIRMED":
        sound = (money, stock) == (story.amount, story.quantity)
    elif story.status == "CANCELLED":
        sound = (money, stock) == (0, 0)
    else:
        return
    if not sound:
        tally.breach(
            "duplicate-changed-state",
            f"{story.name} is {story.status} with {money} charged and {stock} reserved",
            clash,
            delivery.at,
            story.since,
        )
