"""SG-6: one order's saga never touches another's."""

from __future__ import annotations

from properties.order_facts import OrderFacts, OrderStory, Tally


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judged only where there are at least two orders: with one there is nobody to be taken for."""
    if len(facts.orders) < 2:
        return
    for story in facts.orders.values():
        if story.money or story.reservations:
            tally.exercised += len(story.money) + len(story.reservations)
            if story.changes or story.placed:
                _own_data(story, tally)
            else:
                first = story.money[0].at if story.money else story.reservations[0].at
                tally.breach("effect-for-nobody", f"nobody placed {story.name!r}, yet it has effects", first)


def _own_data(story: OrderStory, tally: Tally) -> None:
    known = story.changes[0].at if story.changes else story.placed[0].index
    for charge in story.charges:
        if charge.value["amount"] != story.amount:
            tally.breach(
                "crossed-sagas",
                f"{story.name} costs {story.amount} and was charged {charge.value['amount']}",
                known,
                charge.index,
            )
    for change in story.reservations:
        held = (change.row.get("item"), change.row.get("quantity"))
        if story.changes and held != (story.item, story.quantity):
            tally.breach(
                "crossed-sagas",
                f"{story.name} wants {story.quantity} {story.item} and was given {held[1]} {held[0]}",
                known,
                change.at,
            )
