"""ID-2: at most one completed execution per key, for any overlap, restart or rebalance."""

from __future__ import annotations

from shaketable.checkers.exactly_once import repeats
from shaketable_patterns.idempotency.keys import by_key
from shaketable_patterns.order_facts import OrderFacts, OrderStory, Tally
from shaketable_patterns.order_facts.flow import ONCE


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge effects where they are recorded; repeated deliveries and repeated requests are the opportunities."""
    tally.exercised += len(facts.repeated)
    tally.exercised += sum(len(requests) - 1 for requests in by_key(facts, tally.profile).values())
    for event_id, mails in facts.mails.items():
        if len(mails) > 1:
            order = mails[0].value.get("order")
            tally.breach(
                "double-effect",
                f"event {event_id} of {order} was mailed {len(mails)} times",
                mails[0].index,
                mails[1].index,
            )
    for story in facts.orders.values():
        _once_per_order(story, tally)
    decided = (
        ((r.type, r.aggregate), r.inserted.at)
        for r in facts.outbox.values()
        if r.type in ONCE and not r.is_letter
    )
    for again in repeats(decided):
        tally.breach("double-effect", f"{again.key} was decided twice", again.first, again.again)


def _once_per_order(story: OrderStory, tally: Tally) -> None:
    inserted = [c.at for c in story.changes if c.verb == "insert"]
    if len(inserted) > 1:
        tally.breach("double-effect", f"{story.name} was created twice", *inserted[:2])
    if len(story.charges) > 1:
        charged = [c.index for c in story.charges]
        tally.breach("double-effect", f"{story.name} was charged {len(charged)} times", *charged[:2])
