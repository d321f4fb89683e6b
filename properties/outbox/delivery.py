"""OB-2, OB-3, OB-5: between the event rows and the topic, in both directions."""

from __future__ import annotations

from properties.order_facts import Append, OrderFacts, Tally
from properties.order_facts.announcements import STATE_OF, reached


def every_event_arrives(facts: OrderFacts, tally: Tally) -> None:
    """OB-2: each committed event row has its record once all is quiet. A DEAD row is visibly dead."""
    tally.exercised += len(facts.outbox)
    if facts.unsettled:
        return
    for row in facts.outbox.values():
        if row.status != "DEAD" and facts.on_topic(row) is None:
            last = row.changes[-1]
            tally.breach(
                "never-sent" if row.status == "PENDING" else "lost-event",
                f"{row.type} of {row.aggregate} was committed, is {row.status} and never reached {row.topic}",
                row.inserted.at,
                last.at,
            )


def sent_means_there(facts: OrderFacts, tally: Tally) -> None:
    """OB-3: at the commit that marks a row SENT the broker already has the record."""
    for row in facts.outbox.values():
        for change in row.changes:
            if change.status == "SENT" and change.status_before != "SENT":
                tally.exercised += 1
                record = facts.on_topic(row)
                if record is None or record.at > change.at:
                    late = -1 if record is None else record.at
                    tally.breach(
                        "marked-unsent",
                        f"{change.process} marked {row.type} of {row.aggregate} sent while {row.topic} had no such record",
                        change.at,
                        late,
                    )


def nothing_else_arrives(facts: OrderFacts, tally: Tally) -> None:
    """OB-5: each record that a service appended has a committed cause; what clients publish is not judged."""
    kept = facts.outbox_types()
    first: dict[tuple[str, str], Append] = {}
    for record in facts.appends:
        if record.process == "client":
            continue
        tally.exercised += 1
        row = facts.outbox.get(record.event_id)
        if row is not None:
            if row.inserted.at > record.at:
                _phantom(record, tally)
            continue
        earlier = first.setdefault((record.type, record.order), record)
        known = record.type in kept
        if earlier.event_id != record.event_id or (known and facts.announced(record.type, record.order)):
            tally.breach(
                "new-id-on-duplicate",
                f"{record.type} of {record.order} is on {record.topic} again, as event {record.event_id!r}",
                earlier.at,
                record.at,
            )
        elif known or not _caused(facts, record):
            _phantom(record, tally)


def _caused(facts: OrderFacts, record: Append) -> bool:
    if record.type not in STATE_OF:
        return True
    story = facts.orders.get(record.order)
    return story is not None and reached(story, record.type, record.at)


def _phantom(record: Append, tally: Tally) -> None:
    tally.breach(
        "phantom-event",
        f"{record.type} of {record.order} is on {record.topic} and nothing committed says so",
        record.at,
    )
