"""ID-1, ID-2 and ID-6 at the effects: how often something was done, and whether it was written down with it."""

from __future__ import annotations

from shaketable.checkers.exactly_once import repeats
from shaketable_patterns.idempotency.requests import by_key
from shaketable_patterns.idempotency.stored import record_without_effect
from shaketable_patterns.order_facts import Change, OrderFacts, OrderStory, Tally
from shaketable_patterns.order_facts.announcements import ONCE
from shaketable_patterns.order_facts.obligations import MAILED, effective, owes


def nothing_after_done(facts: OrderFacts, tally: Tally) -> None:
    """ID-1 for consumers: an event that was written down as done and comes again does nothing."""
    for delivery in facts.repeated:
        record = delivery.record
        done = facts.handled.get((delivery.group, record.event_id))
        if done is None or done.at > delivery.at:
            continue
        tally.exercised += 1
        again = [m.index for m in facts.mails.get(record.event_id, ()) if m.index > delivery.at]
        if delivery.group == "notification" and again:
            tally.breach(
                "double-effect",
                f"{record.type} of {record.order} was done, came again and was mailed again",
                done.at,
                delivery.at,
                again[0],
                about=(record.order,),
            )


def at_most_once(facts: OrderFacts, tally: Tally) -> None:
    """ID-2: repeated deliveries and repeated requests are the opportunities; effects are counted at their owners."""
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
                about=(event_id, order),
            )
    for story in facts.orders.values():
        _once_per_order(story, tally)
    decided = (
        ((r.type, r.aggregate), r.inserted.at)
        for r in facts.outbox.values()
        if r.type in ONCE and not r.is_letter
    )
    for again in repeats(decided):
        tally.breach(
            "double-effect", f"{again.key} was decided twice", again.first, again.again, about=again.key[1:]
        )


def _once_per_order(story: OrderStory, tally: Tally) -> None:
    inserted = [c.at for c in story.changes if c.verb == "insert"]
    if len(inserted) > 1:
        tally.breach("double-effect", f"{story.name} was created twice", *inserted[:2], about=(story.name,))
    if len(story.charges) > 1:
        charged = [c.index for c in story.charges]
        tally.breach(
            "double-effect",
            f"{story.name} was charged {len(charged)} times",
            *charged[:2],
            about=(story.name,),
        )


def together(facts: OrderFacts, tally: Tally) -> None:
    """ID-6: inboxes against the changes they stand for, processed marks against mails."""
    inboxes = {db for db, table in facts.kept if table == "inbox"}
    for change, event in facts.decisions:
        if event != "OrderCreated" and change.db in inboxes:
            tally.exercised += 1
            noted = any(other.table == "inbox" for other in facts.commits[change.commit])
            if not noted and _asked_for(facts, change):
                tally.breach(
                    "effect-without-record",
                    f"{change.text} committed without noting which event asked for it",
                    change.at,
                )
    _keys(facts, tally)
    _marks(facts, tally)
    if not facts.unsettled:
        _mails(facts, tally)
        _inbox_effects(facts, tally)


def _asked_for(facts: OrderFacts, change: Change) -> bool:
    """Whether an event can have caused it: what a service decides by itself, after a timeout say, notes none."""
    order = str(change.row.get("id") if change.table == "orders" else change.row.get("order"))
    return any(
        d.group == change.db and d.at < change.at and d.record.order == order and owes(d.group, d.record)
        for d in facts.deliveries
    )


def _keys(facts: OrderFacts, tally: Tally) -> None:
    """At the API: an order and the record of its key are one commit, in both directions."""
    if ("order", "idempotency") not in facts.kept:
        return
    for change in facts.tables["orders"]:
        if change.verb == "insert":
            tally.exercised += 1
            if not any(other.table == "idempotency" for other in facts.commits[change.commit]):
                tally.breach(
                    "effect-without-record",
                    f"{change.row.get('id')} was created without noting under which key",
                    change.at,
                    about=(change.row.get("id"),),
                )
    for change in facts.tables["idempotency"]:
        if change.status != "DONE" or change.status_before == "DONE":
            continue
        if not any(other.table == "orders" for other in facts.commits[change.commit]):
            record_without_effect(change, tally)


def _marks(facts: OrderFacts, tally: Tally) -> None:
    types = {record.event_id: record.type for record in facts.appends}
    for (_, event_id), mark in facts.handled.items():
        if mark.table != "processed" or types.get(event_id) not in MAILED:
            continue
        tally.exercised += 1
        mails = facts.mails.get(event_id, ())
        if not mails or mails[0].index > mark.at:
            late = mails[0].index if mails else -1
            tally.breach(
                "record-without-effect",
                f"event {event_id} was marked processed before its mail",
                mark.at,
                late,
                about=(event_id,),
            )


def _mails(facts: OrderFacts, tally: Tally) -> None:
    for event_id, mails in facts.mails.items():
        tally.exercised += 1
        order = str(mails[0].value.get("order", ""))
        if ("notification", event_id) in facts.handled or (event_id, "notification") in facts.order(
            order
        ).letters:
            continue
        tally.breach(
            "effect-without-record",
            f"event {event_id} of {order} was mailed and never marked processed",
            mails[0].index,
            about=(event_id, order),
        )


def _inbox_effects(facts: OrderFacts, tally: Tally) -> None:
    """Once all is quiet, what an inbox calls done is there to be seen."""
    for record in facts.published.values():
        for group in ("payment", "inventory", "order"):
            done = facts.handled.get((group, record.event_id))
            if done is not None and owes(group, record) and not effective(facts, group, record):
                tally.breach(
                    "record-without-effect",
                    f"{group} noted {record.type} of {record.order} as done, and nothing came of it",
                    record.at,
                    done.at,
                    about=(record.order,),
                )
