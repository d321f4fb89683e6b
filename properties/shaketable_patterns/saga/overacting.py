"""SG-2: never too much, judged after every single effect."""

from __future__ import annotations

from shaketable.checkers.conservation import Movement, excess, shortfall
from shaketable_patterns.order_facts import Change, OrderFacts, OrderStory, Tally


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Money and reservation of each order, then the shelves, each as a fold over its movements."""
    for story in facts.orders.values():
        if story.money:
            tally.exercised += len(story.money)
            _money(story, tally)
        if story.reserved:
            tally.exercised += len(story.reserved)
            _reservation(story, tally)
    _shelves(facts, tally)


def _money(story: OrderStory, tally: Tally) -> None:
    amount = story.amount
    ceiling = story.money[0].amount if amount is None else amount
    over = excess(story.money, ceiling)
    if over is not None:
        tally.breach(
            "double-charge",
            f"{story.name} costs {ceiling} and was charged {over.balance}",
            *over.witness,
            about=(story.name,),
        )
    under = shortfall(story.money)
    if under is not None:
        charged = any(story.money[i].amount > 0 for i in range(len(under.witness)))
        if charged:
            tally.breach(
                "over-refund",
                f"{story.name} was refunded more than it paid",
                *under.witness,
                about=(story.name,),
            )
        else:
            tally.breach(
                "refund-before-charge",
                f"{story.name} was refunded before it paid",
                *under.witness,
                about=(story.name,),
            )
    if over is None and under is None:
        _in_parts(story.name, story.money, ceiling, tally)


def _in_parts(name: str, money: list[Movement], amount: int, tally: Tally) -> None:
    balance = 0
    for movement in money:
        balance += movement.amount
        if 0 < balance < amount:
            tally.breach(
                "partial-charge", f"{name} costs {amount}, {balance} stay charged", movement.at, about=(name,)
            )
            return


def _reservation(story: OrderStory, tally: Tally) -> None:
    quantity = story.quantity
    ceiling = story.reserved[0].amount if quantity is None else quantity
    over = excess(story.reserved, ceiling)
    if over is not None:
        tally.breach(
            "double-reservation",
            f"{story.name} asked for {ceiling} and holds {over.balance}",
            *over.witness,
            about=(story.name,),
        )


def _shelves(facts: OrderFacts, tally: Tally) -> None:
    """After every commit that touches a stock row, the row adds up and agrees with the reservations."""
    initial = {item: sum(row) for item, row in facts.initial_stock.items()}
    held: dict[object, int] = {}
    waiting = iter(facts.tables["reservations"])
    following = next(waiting, None)
    last = {(change.commit, change.row["item"]): change for change in facts.tables["stock"]}
    for change in last.values():
        tally.exercised += 1
        while following is not None and following.commit <= change.commit:
            item = following.row.get("item")
            held[item] = held.get(item, 0) + _taken(following)
            following = next(waiting, None)
        _shelf(change, initial, held.get(change.row["item"], 0), tally)


def _shelf(change: Change, initial: dict[str, int], held: int, tally: Tally) -> None:
    item = change.row["item"]
    available, reserved = change.row.get("available", 0), change.row.get("reserved", 0)
    before = -1 if change.before is None else change.before.at
    if available < 0:
        tally.breach(
            "oversold",
            f"{-available} of {item} were given away that did not exist",
            before,
            change.at,
            about=(item,),
        )
    total = initial.setdefault(item, available + reserved)
    if available + reserved != total:
        tally.breach(
            "stock-not-conserved",
            f"{available} available and {reserved} reserved of {item} are not the {total} there were",
            before,
            change.at,
            about=(item,),
        )
    if reserved > held:
        tally.breach(
            "double-reservation",
            f"{reserved} of {item} are set aside for reservations of {held}",
            before,
            change.at,
            about=(item,),
        )
    elif reserved < held:
        tally.breach(
            "stock-not-conserved",
            f"{held} of {item} are promised to orders and only {reserved} set aside",
            before,
            change.at,
            about=(item,),
        )


def _taken(change: Change) -> int:
    quantity = int(change.row.get("quantity", 0))
    holding = change.status == "RESERVED"
    held = change.status_before == "RESERVED" and change.verb != "insert"
    return quantity * (holding - held)
