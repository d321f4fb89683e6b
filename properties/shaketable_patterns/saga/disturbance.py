"""SG-7: orders whose events came twice or out of order end like any other."""

from __future__ import annotations

from shaketable_patterns.order_facts import Delivery, OrderFacts, OrderStory, Tally

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
        if not story.disturbed or story.parked:
            continue
        # A mail sent twice is bad (ID-2), but it cannot be what moved money or stock.
        disturbed = [(d, clash) for d, clash in story.disturbed if d.group != "notification"]
        if disturbed:
            tally.exercised += len(disturbed)
            _one_outcome(story, tally)
            _sound_end(story, *disturbed[0], tally)


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
                about=(story.name,),
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
            about=(story.name,),
        )
