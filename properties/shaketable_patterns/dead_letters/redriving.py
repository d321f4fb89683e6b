"""DL-2: a dead letter that is redriven is done once, and then it is no dead letter any more."""

from __future__ import annotations

from shaketable_patterns.order_facts import Append, Change, OrderFacts, Tally
from shaketable_patterns.order_facts.obligations import effective, recorded

_CLOSED = ("REDRIVEN", "DELETED")


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Each letter that was closed by a redrive, or left half-way, against the effects of its event."""
    if facts.unsettled or not facts.ops("redrive"):
        return
    events = {record.event_id: record for record in facts.appends}
    last = {(c.db, c.row.get("event_id")): c for c in facts.tables["dead_letters"]}
    for change in facts.tables["dead_letters"]:
        if change.before is None or change.status == "OPEN":
            continue
        record = events.get(str(change.row.get("event_id")))
        if record is None:
            continue
        if change.status in _CLOSED:
            tally.exercised += 1
            _done_once(facts, change, change.before, record, tally)
        elif last[change.db, change.row.get("event_id")] is change and not _done(facts, change.db, record):
            tally.exercised += 1
            tally.breach(
                "redrive-lost",
                f"{change.db} left the letter of {record.type or 'a record'} of {record.order} {change.status}",
                change.before.at,
                change.at,
                about=(record.order, change.db),
            )


def _done(facts: OrderFacts, service: str, record: Append) -> bool:
    """By the books; a record that says nothing about itself can only have been noted, or mailed."""
    if recorded(facts, service, record.event_id):
        return True
    return effective(facts, service, record) if record.type else record.event_id in facts.mails


def _done_once(facts: OrderFacts, closed: Change, opened: Change, record: Append, tally: Tally) -> None:
    service = closed.db
    if not _done(facts, service, record):
        tally.breach(
            "redrive-lost",
            f"{service} closed the letter of {record.type or 'a record'} of {record.order} and did not handle it",
            opened.at,
            closed.at,
            about=(record.order, service),
        )
    effects = _effects(facts, service, record)
    if len(effects) > 1 and effects[-1] > opened.at:
        tally.breach(
            "redrive-doubled",
            f"{service} handled {record.type} of {record.order} {len(effects)} times, letter and all",
            opened.at,
            *effects[-2:],
            about=(record.order, service),
        )


def _effects(facts: OrderFacts, service: str, record: Append) -> list[int]:
    story = facts.order(record.order)
    match service, record.type:
        case "notification", _:
            return [mail.index for mail in facts.mails.get(record.event_id, ())]
        case "payment", "OrderCreated":
            return [charge.index for charge in story.charges]
        case "payment", _:
            return [refund.index for refund in story.refunds]
        case "inventory", _:
            return [m.at for m in story.reserved if m.amount > 0]
        case _:
            return []
