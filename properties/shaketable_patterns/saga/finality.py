"""SG-4: how an order's status may move, and what must have happened by then."""

from __future__ import annotations

from shaketable.checkers.transitions import Step, illegal
from shaketable_patterns.order_facts import Change, OrderFacts, OrderStory, Tally

ALLOWED: dict[str, tuple[str, ...]] = {"CONFIRMED": (), "CANCELLED": (), "CANCELLING": ("CANCELLED",)}
_BACKWARD = ("CANCELLING", "CANCELLED")


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Each order's own transitions, then its effects against them."""
    for story in facts.orders.values():
        changes = story.changes
        if len(changes) > 1:
            wrong = illegal((Step(c.at, c.status) for c in changes), ALLOWED)
            if wrong is not None:
                tally.breach(
                    "illegal-transition",
                    f"{story.name} went from {wrong.before} to {wrong.after}",
                    wrong.since,
                    wrong.at,
                    about=(story.name,),
                )
        for change in changes:
            if change.status != change.status_before:
                if change.status == "CONFIRMED":
                    tally.exercised += 1
                    _at_confirmation(story, change, tally)
                elif change.status == "CANCELLED":
                    tally.exercised += 1
                    _at_cancellation(facts, story, change, tally)
        _forward(story, tally)


def _at_confirmation(story: OrderStory, confirmed: Change, tally: Tally) -> None:
    if sum(m.amount for m in story.reserved if m.at < confirmed.at) <= 0:
        tally.breach(
            "confirmed-without-reservation",
            f"{story.name} was confirmed with nothing reserved",
            confirmed.at,
            about=(story.name,),
        )


def _at_cancellation(facts: OrderFacts, story: OrderStory, cancelled: Change, tally: Tally) -> None:
    """A refund is durably pending when the payment's row says so, or an event row asks for it by then."""
    paid = [m for m in story.money if m.at < cancelled.at]
    if sum(m.amount for m in paid) <= 0:
        return
    payment = story.last(story.payments, cancelled.at)
    if (payment is None or "REFUND" not in payment.status) and not _asked(facts, story, cancelled):
        tally.breach(
            "cancelled-before-refund",
            f"{story.name} was cancelled while its money was taken and no refund was under way",
            paid[-1].at,
            cancelled.at,
            about=(story.name,),
        )


def _asked(facts: OrderFacts, story: OrderStory, cancelled: Change) -> bool:
    return any(
        row.aggregate == story.name and "refund" in row.type.lower() and row.inserted.at <= cancelled.at
        for row in facts.outbox.values()
    )


def _forward(story: OrderStory, tally: Tally) -> None:
    """Nothing is charged or reserved, and no order confirmed, once a refund, release or cancellation was seen."""
    began = [e.index for e in story.refunds] + [m.at for m in story.reserved if m.amount < 0]
    began += [c.at for c in story.changes if c.status in _BACKWARD]
    if not began:
        return
    tally.exercised += 1
    start = min(began)
    forward = [m.at for m in (*story.money, *story.reserved) if m.amount > 0 and m.at > start]
    forward += [c.at for c in story.changes if c.status == "CONFIRMED" and c.at > start]
    if forward:
        tally.breach(
            "forward-after-compensation",
            f"{story.name} went on after its compensation had begun",
            start,
            min(forward),
            about=(story.name,),
        )
