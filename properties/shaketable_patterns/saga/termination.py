"""SG-5: after the heal every order ends, or waits among the dead letters with an alert."""

from __future__ import annotations

from shaketable_patterns.order_facts import OrderFacts, OrderStory, Tally
from shaketable_patterns.order_facts.flow import failed_compensations
from shaketable_patterns.order_facts.story import TERMINAL

_KNOB = "after_failing_compensation"


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge every order that was accepted or has a row, once all is quiet."""
    if facts.unsettled:
        return
    for story in facts.orders.values():
        if story.changes:
            tally.exercised += 1
            if not story.parked:
                _ended(story, tally)
        else:
            _accepted(facts, story, tally)
    _never_stops(facts, tally)


def _ended(story: OrderStory, tally: Tally) -> None:
    if story.status not in TERMINAL:
        letters = [letter.at for letter in story.dead]
        quiet = "a dead letter without alert" if letters else "neither a dead letter nor an alert"
        tally.breach(
            "stranded-saga", f"{story.name} stays {story.status}, with {quiet}", story.since, *letters
        )
    elif story.status == "CANCELLED" and story.payments and story.charged_net() > 0:
        payment = story.payments[-1]
        if "REFUND" in payment.status and payment.status != "REFUNDED":
            tally.breach(
                "compensation-abandoned",
                f"the refund of {story.name} was begun and never finished",
                story.charges[-1].index,
                payment.at,
            )


def _accepted(facts: OrderFacts, story: OrderStory, tally: Tally) -> None:
    for placed in story.placed:
        answer = facts.returned.get(placed.index)
        if answer is not None and answer.kind == "ok":
            tally.exercised += 1
            tally.breach(
                "lost-order", f"{story.name} was accepted and has no row", placed.index, answer.index
            )
            return


def _never_stops(facts: OrderFacts, tally: Tally) -> None:
    """Judge a saga that goes on after a failing compensation: the order has ended, though its refund still waits."""
    if tally.profile.knobs.get(_KNOB) != "go-on":
        return
    for story in facts.orders.values():
        letters = failed_compensations(story)
        waiting = {key for key, status in story.letters.items() if status == "OPEN"}
        # Any other dead letter may be of the event that would have ended the order.
        if waiting and waiting <= set(letters):
            tally.exercised += 1
            if story.status not in TERMINAL:
                tally.breach(
                    "stopped-at-failed-compensation",
                    f"{story.name} stays {story.status} since its refund had to be given up",
                    story.since,
                    *letters.values(),
                    off_profile=f"{_KNOB}=stop",
                )
