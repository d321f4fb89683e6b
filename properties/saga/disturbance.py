"""SG-7: orders whose events came twice or out of order end like any other."""

from __future__ import annotations

from properties.order_facts import OrderFacts, OrderStory, Tally

_EXCLUSIVE = (
    ("PaymentCompleted", "PaymentFailed"),
    ("InventoryReserved", "InventoryFailed"),
    ("OrderConfirmed", "OrderCancelled"),
)


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Only orders that were disturbed, and only once all is quiet."""
    if facts.unsettled:
        return
    for story in facts.orders.values():
        if story.disturbed and not story.parked:
            tally.exercised += len(story.disturbed)
            _one_outcome(story, tally)
            _sound_end(story, tally)


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


def _sound_end(story: OrderStory, tally: Tally) -> None:
    money, stock = story.charged_net(), story.reserved_net()
    if story.status == "CONFIRMED":
        sound = (money, stock) == (story.amount, story.quantity)
    elif story.status == "CANCELLED":
        sound = (money, stock) == (0, 0)
    else:
        return
    if not sound:
        delivery, clash = story.disturbed[0]
        tally.breach(
            "duplicate-changed-state",
            f"{story.name} is {story.status} with {money} charged and {stock} reserved",
            clash,
            delivery.at,
            story.since,
        )
