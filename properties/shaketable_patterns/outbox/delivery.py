"""OB-2, OB-3, OB-5: between the event rows and the topic, in both directions."""

from __future__ import annotations

from shaketable_patterns.order_facts import Append, Change, OrderFacts, OutboxRow, Tally
from shaketable_patterns.order_facts.announcements import ONCE, STATE_OF, reached
from shaketable_patterns.order_facts.facts import bare
from shaketable_patterns.outbox.content import difference

_GONE = ("SENT", "DEAD", "DELETED")


def every_event_arrives(facts: OrderFacts, tally: Tally) -> None:
    """OB-2: each committed event row has its record once all is quiet, or was given up as the policy says."""
    tally.exercised += len(facts.outbox)
    if facts.unsettled:
        return
    told: set[str] | None = None
    for row in facts.outbox.values():
        if facts.on_topic(row) is not None:
            continue
        last = row.changes[-1]
        if row.status == "DEAD":
            if told is None:
                told = {bare(letter.event_id) for letter in facts.dead}
                told &= {bare(alert.event_id) for alert in facts.alerts}
            _given_up(row, told, tally)
        else:
            tally.breach(
                "never-sent" if row.status == "PENDING" else "lost-event",
                f"{row.type} of {row.aggregate} was committed, is {row.status} and never reached {row.topic}",
                row.inserted.at,
                last.at,
                about=(row.aggregate,),
            )


def _given_up(row: OutboxRow, told: set[str], tally: Tally) -> None:
    """A DEAD row is one that no broker takes, and somebody was told; knobs say how large that is, and the policy."""
    knobs = tally.profile.knobs
    size, limit = len(str(row.inserted.row.get("payload", ""))), int(knobs.get("event_bytes_max", 0))
    if 0 < size <= limit:
        tally.breach(
            "given-up-too-early",
            f"{row.type} of {row.aggregate} is DEAD, though it is only {size} bytes and {row.topic} takes {limit}",
            row.inserted.at,
            row.changes[-1].at,
            about=(row.aggregate,),
        )
    policy = knobs.get("poison_policy", "dead-letter")
    if policy == "dead-letter" and not row.is_letter and row.event_id not in told:
        tally.breach(
            "dead-in-silence",
            f"{row.type} of {row.aggregate} is DEAD without a dead letter and an alert that say so",
            row.inserted.at,
            row.changes[-1].at,
            about=(row.aggregate,),
        )


def sent_means_there(facts: OrderFacts, tally: Tally) -> None:
    """OB-3: at the commit that marks a row SENT, or removes it, the broker already has the record."""
    for row in facts.outbox.values():
        for change in row.changes:
            if _says_sent(change, row):
                tally.exercised += 1
                record = facts.on_topic(row)
                if record is None or record.at > change.at:
                    late = -1 if record is None else record.at
                    tally.breach(
                        "marked-unsent",
                        f"{change.process} marked {row.type} of {row.aggregate} sent while {row.topic} had no such record",
                        change.at,
                        late,
                        about=(row.aggregate,),
                    )


def _says_sent(change: Change, row: OutboxRow) -> bool:
    """Marking and removing are the same promise; a log reader's row may go with the very commit that wrote it."""
    if change.status == "DELETED":
        return change.status_before not in _GONE and change.commit != row.inserted.commit
    return change.status == "SENT" and change.status_before != "SENT"


def nothing_else_arrives(facts: OrderFacts, tally: Tally) -> None:
    """OB-5: each record that a service appended has a committed cause and says what was committed.

    What clients publish is not judged.
    """
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
            else:
                _as_committed(row, record, tally)
            continue
        known = record.type in kept
        earlier = first.setdefault((record.type, record.order), record) if record.type in ONCE else record
        if earlier.event_id != record.event_id or (known and facts.announced(record.type, record.order)):
            tally.breach(
                "new-id-on-duplicate",
                f"{record.type} of {record.order} is on {record.topic} again, as event {record.event_id!r}",
                earlier.at,
                record.at,
                about=(record.order,),
            )
        elif known or not _caused(facts, record):
            _phantom(record, tally)


def _as_committed(row: OutboxRow, record: Append, tally: Tally) -> None:
    said = difference(row, record)
    if said:
        tally.breach(
            "not-as-committed",
            f"event {row.event_id} of {row.aggregate} is on {record.topic} with {said}",
            row.inserted.at,
            record.at,
            about=(row.aggregate,),
        )


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
        about=(record.order,),
    )
