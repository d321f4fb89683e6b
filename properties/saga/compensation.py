"""SG-3: how steps are undone."""

from __future__ import annotations

from harness.checkers.order import reversed_pairs
from properties.order_facts import OrderFacts, OrderStory, Tally

_BUSINESS = ("orders", "payments", "reservations")


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Refunds and releases of each order against the order in which its steps had completed."""
    for story in facts.orders.values():
        if story.refunds or len(story.reserved) > 1:
            _undone(story, tally)
    for table in _BUSINESS:
        for change in facts.tables[table]:
            if change.verb == "delete":
                tally.exercised += 1
                since = -1 if change.before is None else change.before.at
                tally.breach(
                    "compensated-by-delete", f"{change.process} deleted a row of {table}", since, change.at
                )


def _undone(story: OrderStory, tally: Tally) -> None:
    done: dict[str, int] = {}
    undone: dict[str, int] = {}
    if story.charges:
        done["charge"] = story.charges[0].index
    if story.refunds:
        undone["charge"] = story.refunds[0].index
    for movement in story.reserved:
        (done if movement.amount > 0 else undone).setdefault("reserve", movement.at)
    tally.exercised += len(undone)
    completed = sorted(done.items(), key=lambda step: step[1])
    for first, second in reversed_pairs(completed, undone):
        tally.breach(
            "compensated-out-of-order",
            f"{story.name}: the earlier step was undone before the later one",
            *done.values(),
            first,
            second,
        )
