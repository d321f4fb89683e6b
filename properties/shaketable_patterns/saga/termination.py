"""SG-5: every order ends, or waits visibly."""

from __future__ import annotations

from shaketable_patterns.order_facts import OrderFacts, OrderStory, Tally
from shaketable_patterns.order_facts.story import TERMINAL


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Every order that the client was promised or that has a row, once all is quiet."""
    if facts.unsettled:
        return
    for story in facts.orders.values():
        if story.changes:
            tally.exercised += 1
            if not story.parked:
                _ended(story, tally)
        else:
            _accepted(facts, story, tally)


def _ended(story: OrderStory, tally: Tally) -> None:
    if story.status not in TERMINAL:
        letters = [letter.at for letter in story.dead]
        quiet = "a dead letter without alert" if letters else "neither a dead letter nor an alert"
        tally.breach(
            "stranded-saga",
            f"{story.name} stays {story.status}, with {quiet}",
            story.since,
            *letters,
            about=(story.name,),
        )
    elif story.status == "CANCELLED" and story.payments and story.charged_net() > 0:
        payment = story.payments[-1]
        if "REFUND" in payment.status and payment.status != "REFUNDED":
            tally.breach(
                "compensation-abandoned",
                f"the refund of {story.name} was begun and never finished",
                story.charges[-1].index,
                payment.at,
                about=(story.name,),
            )


def _accepted(facts: OrderFacts, story: OrderStory, tally: Tally) -> None:
    for placed in story.placed:
        answer = facts.returned.get(placed.index)
        if answer is not None and answer.kind == "ok":
            tally.exercised += 1
            tally.breach(
                "lost-order",
                f"{story.name} was accepted and has no row",
                placed.index,
                answer.index,
                about=(story.name,),
            )
            return
