"""SG-3: how steps are undone."""

from __future__ import annotations

from shaketable.checkers.order import reversed_pairs
from shaketable_patterns.order_facts import OrderFacts, OrderStory, Tally

_BUSINESS = ("orders", "payments", "reservations")


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Refunds and releases of each order against the order in which its steps had completed."""
    for story in facts.orders.values():
        if story.refunds or len(story.reserved) > 1:
            _undone(story, tally)
            if tally.profile.knobs.get("compensate_failed_step") is False:
                _failed_alone(facts, story, tally)
    for table in _BUSINESS:
        for change in facts.tables[table]:
            if change.verb == "delete":
                tally.exercised += 1
                since = -1 if change.before is None else change.before.at
                tally.breach(
                    "compensated-by-delete", f"{change.process} deleted a row of {table}", since, change.at
                )


def _failed_alone(facts: OrderFacts, story: OrderStory, tally: Tally) -> None:
    """A step that says it failed is believed: only the steps before it are undone."""
    failed = facts.decided.get(("PaymentFailed", story.name))
    if failed is not None and story.refunds and not facts.announced("InventoryFailed", story.name):
        _believed(story, "payment", failed, story.refunds[0].index, tally)
    failed = facts.decided.get(("InventoryFailed", story.name))
    released = next((m.at for m in story.reserved if m.amount < 0), None)
    if failed is not None and released is not None:
        _believed(story, "reservation", failed, released, tally)


def _believed(story: OrderStory, step: str, failed: int, undone: int, tally: Tally) -> None:
    tally.breach(
        "failed-step-compensated",
        f"the {step} of {story.name} was said to have failed, and was undone itself",
        failed,
        undone,
        about=(story.name,),
        off_profile="compensate_failed_step=true",
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
            about=(story.name,),
        )
