"""SG-6: one order's saga never touches another's, and two instances of a service never do the same twice."""

from __future__ import annotations

from shaketable_patterns.order_facts import Delivery, OrderFacts, OrderStory, Tally
from shaketable_patterns.order_facts.obligations import MAILED

_WORDS = {"OrderConfirmed": "confirmed", "OrderCancelled": "cancelled"}
"""What a template may be called for one end of an order, and must not be for the other."""


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Data only where there are at least two orders: with one there is nobody to be taken for."""
    for delivery in facts.repeated:
        first = facts.first_delivery(delivery)
        if first.process != delivery.process:
            tally.exercised += 1
            _done_by_two(facts, first, delivery, tally)
    _mails(facts, tally)
    if len(facts.orders) < 2:
        return
    for story in facts.orders.values():
        if story.money or story.reservations:
            tally.exercised += len(story.money) + len(story.reservations)
            if story.changes or story.placed:
                _own_data(story, tally)
            else:
                seen = story.money[0].at if story.money else story.reservations[0].at
                tally.breach(
                    "effect-for-nobody",
                    f"nobody placed {story.name!r}, yet it has effects",
                    seen,
                    about=(story.name,),
                )


def _mails(facts: OrderFacts, tally: Tally) -> None:
    """A mail is about the order of its event, and says what its event says."""
    announced = {record.event_id: record for record in facts.appends if record.type in MAILED}
    for event_id, mails in facts.mails.items():
        record = announced.get(event_id)
        if record is None:
            continue
        for mail in mails:
            tally.exercised += 1
            order, template = str(mail.value.get("order", "")), str(mail.value.get("template", "")).lower()
            other = next(word for kind, word in _WORDS.items() if kind != record.type)
            if order != record.order or other in template:
                tally.breach(
                    "crossed-sagas",
                    f"{record.type} of {record.order} was mailed as {template!r} about {order}",
                    record.at,
                    mail.index,
                    about=(record.order, order),
                )


def _done_by_two(facts: OrderFacts, first: Delivery, again: Delivery, tally: Tally) -> None:
    """Both instances were given the event; what it asks for was done at most once."""
    story, kind = facts.order(again.record.order), again.record.type
    done: list[int] = []
    if again.group == "payment":
        done = [e.index for e in (story.refunds if kind == "InventoryFailed" else story.charges)]
    elif again.group == "inventory":
        done = [m.at for m in story.reserved if m.amount > 0]
    elif again.group == "notification":
        done = [e.index for e in facts.mails.get(again.record.event_id, ())]
    if len(done) > 1 and done[-1] > again.at:
        tally.breach(
            "doubled-by-instances",
            f"{first.process} and {again.process} both handled {kind} of {story.name}, and it was done {len(done)} times",
            first.at,
            again.at,
            *done[-2:],
            about=(story.name,),
        )


def _own_data(story: OrderStory, tally: Tally) -> None:
    known = story.changes[0].at if story.changes else story.placed[0].index
    for charge in story.charges:
        if charge.value["amount"] != story.amount:
            tally.breach(
                "crossed-sagas",
                f"{story.name} costs {story.amount} and was charged {charge.value['amount']}",
                known,
                charge.index,
                about=(story.name,),
            )
    for change in story.reservations:
        held = (change.row.get("item"), change.row.get("quantity"))
        if story.changes and held != (story.item, story.quantity):
            tally.breach(
                "crossed-sagas",
                f"{story.name} wants {story.quantity} {story.item} and was given {held[1]} {held[0]}",
                known,
                change.at,
                about=(story.name, story.item, held[0]),
            )
