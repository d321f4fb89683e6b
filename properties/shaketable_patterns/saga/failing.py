"""A compensation that fails for good: the saga stops there (SG-4) or goes on (SG-5), as its profile declares.

It has failed for good when its event is among the dead letters; a redrive may still complete it.
"""

from __future__ import annotations

from shaketable_patterns.order_facts import OrderFacts, OrderStory, Tally
from shaketable_patterns.order_facts.story import TERMINAL

_KNOB = "after_failing_compensation"
_COMPENSATIONS = (("payment", "InventoryFailed"),)
"""Who undoes a step, and the event that asks for it."""


def never_goes_on(facts: OrderFacts, tally: Tally) -> None:
    """SG-4 of a saga that stops: it cancels no order whose refund failed, before that refund is done."""
    if tally.profile.knobs.get(_KNOB) != "stop":
        return
    for story in facts.orders.values():
        letters = _failed(story)
        if not letters or any(record.type == "PaymentFailed" for record in story.appends):
            continue
        tally.exercised += 1
        cancelled = next((c.at for c in story.changes if c.status == "CANCELLED"), None)
        if cancelled is not None and sum(m.amount for m in story.money if m.at < cancelled) > 0:
            tally.breach(
                "went-on-after-failed-compensation",
                f"{story.name} was cancelled, and its refund had to be given up",
                min(letters.values()),
                cancelled,
                about=(story.name,),
                off_profile=f"{_KNOB}=go-on",
            )


def never_stops(facts: OrderFacts, tally: Tally) -> None:
    """SG-5 of a saga that goes on: once all is quiet the order has ended, though its refund still waits."""
    if tally.profile.knobs.get(_KNOB) != "go-on" or facts.unsettled:
        return
    for story in facts.orders.values():
        letters = _failed(story)
        waiting = {key for key, status in story.letters.items() if status == "OPEN"}
        # Whoever else waits among the dead letters may be the one who would have ended it.
        if waiting and waiting <= set(letters):
            tally.exercised += 1
            if story.status not in TERMINAL:
                tally.breach(
                    "stopped-at-failed-compensation",
                    f"{story.name} stays {story.status} since its refund had to be given up",
                    story.since,
                    *letters.values(),
                    about=(story.name,),
                    off_profile=f"{_KNOB}=stop",
                )


def _failed(story: OrderStory) -> dict[tuple[str, str], int]:
    """(event, service) of each compensation among the order's dead letters, and where it was announced."""
    found: dict[tuple[str, str], int] = {}
    for letter in story.dead:
        service = str(letter.value.get("service", "")) if isinstance(letter.value, dict) else ""
        if (service, letter.type) in _COMPENSATIONS:
            found.setdefault((letter.event_id, service), letter.at)
    return found
