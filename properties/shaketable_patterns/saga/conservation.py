"""SG-1: what is left of each order when all is quiet, from the provider's and the warehouse's own books."""

from __future__ import annotations

from shaketable_patterns.order_facts import OrderFacts, OrderStory, Tally


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Every terminal order, and every order that left an effect without a row. Parked ones are still open."""
    if facts.unsettled:
        return
    for story in facts.orders.values():
        if story.parked:
            continue
        if story.status == "CONFIRMED":
            tally.exercised += 1
            _confirmed(story, tally)
        elif story.status == "CANCELLED" or (not story.changes and (story.money or story.reserved)):
            tally.exercised += 1
            _ended_without(story, tally)
    _shelves(facts, tally)


def _confirmed(story: OrderStory, tally: Tally) -> None:
    if story.charged_net() <= 0:
        witness = [e.index for e in story.refunds]
        tally.breach(
            "confirmed-without-charge",
            f"{story.name} is CONFIRMED and nobody paid",
            story.since,
            *witness,
            about=(story.name,),
        )
    if story.reserved_net() <= 0:
        witness = [m.at for m in story.reserved]
        tally.breach(
            "confirmed-without-stock",
            f"{story.name} is CONFIRMED and nothing is reserved",
            story.since,
            *witness,
            about=(story.name,),
        )


def _ended_without(story: OrderStory, tally: Tally) -> None:
    ended = "is CANCELLED" if story.changes else "does not exist"
    kept = story.charged_net()
    if kept > 0:
        tally.breach(
            "money-kept",
            f"{story.name} {ended}, yet {kept} stay charged",
            story.charges[-1].index,
            story.since,
            about=(story.name,),
        )
    held = story.reserved_net()
    if held > 0:
        tally.breach(
            "stock-leaked",
            f"{story.name} {ended}, yet {held} stay reserved",
            story.reserved[-1].at,
            story.since,
            about=(story.name,),
        )


def _shelves(facts: OrderFacts, tally: Tally) -> None:
    """What the stock row calls reserved is what the reservations add up to."""
    held: dict[object, int] = {}
    for story in facts.orders.values():
        if story.reservations:
            item = story.reservations[-1].row.get("item")
            held[item] = held.get(item, 0) + story.reserved_net()
    last = {change.row["item"]: change for change in facts.tables["stock"]}
    for item, change in last.items():
        surplus = change.row.get("reserved", 0) - held.get(item, 0)
        if surplus > 0:
            tally.breach(
                "stock-leaked", f"{surplus} of {item} are set aside for no order", change.at, about=(item,)
            )
