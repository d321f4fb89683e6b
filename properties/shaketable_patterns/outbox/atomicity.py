"""OB-1: the row and its event, together or not at all."""

from __future__ import annotations

from shaketable_patterns.order_facts import Change, OrderFacts, OutboxRow, Tally
from shaketable_patterns.order_facts.announcements import STATE_OF, reached


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Commit by commit where there is an outbox; where a service writes twice, by what is on the topic at the end."""
    kept = facts.outbox_types()
    for change, event in facts.decisions:
        if event in kept:
            tally.exercised += 1
            _event_row(facts.commits[change.commit], change, event, tally)
        elif not facts.unsettled:
            tally.exercised += 1
            _on_topic(facts, change, event, tally)
    for row in facts.outbox.values():
        if not row.is_letter:
            tally.exercised += 1
            _cause(facts, row, tally)


def _event_row(commit: tuple[Change, ...], change: Change, event: str, tally: Tally) -> None:
    order = _order_of(change)
    for other in commit:
        announces = other.table == "outbox" and other.verb == "insert" and other.row.get("type") == event
        if announces and str(other.row.get("aggregate")) == order:
            return
    tally.breach(
        "lost-event", f"{change.text} of {order} committed without its {event} row", change.at, about=(order,)
    )


def _on_topic(facts: OrderFacts, change: Change, event: str, tally: Tally) -> None:
    order = _order_of(change)
    story = facts.order(order)
    if story.parked or any(record.type == event for record in story.appends):
        return
    tally.breach(
        "lost-event",
        f"{change.text} of {order} committed and its {event} was never published",
        change.at,
        about=(order,),
    )


def _cause(facts: OrderFacts, row: OutboxRow, tally: Tally) -> None:
    story = facts.orders.get(row.aggregate)
    if row.type in STATE_OF and (story is None or not reached(story, row.type, row.inserted.at)):
        tally.breach(
            "phantom-event",
            f"the {row.type} row of {row.aggregate} committed without what it announces",
            row.inserted.at,
            about=(row.aggregate,),
        )


def _order_of(change: Change) -> str:
    return str(change.row.get("id") if change.table == "orders" else change.row.get("order"))
