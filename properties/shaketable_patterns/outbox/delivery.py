"""OB-2, OB-3: every committed event reaches its topic, and is marked sent only once the broker has it."""

from __future__ import annotations

from shaketable_patterns.order_facts import Change, OrderFacts, OutboxRow, Tally
from shaketable_patterns.order_facts.facts import bare

_GONE = ("SENT", "DEAD", "DELETED")


def every_event_arrives(facts: OrderFacts, tally: Tally) -> None:
    """Judge OB-2: each committed event row has its record once all is quiet, or was given up as the policy says."""
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
            )


def _given_up(row: OutboxRow, told: set[str], tally: Tally) -> None:
    """Judge a DEAD row by the declared limit of the broker and the declared policy: it is too large, and was reported."""
    knobs = tally.profile.knobs
    size, limit = len(str(row.inserted.row.get("payload", ""))), int(knobs.get("event_bytes_max", 0))
    if 0 < size <= limit:
        tally.breach(
            "given-up-too-early",
            f"{row.type} of {row.aggregate} is DEAD, though it is only {size} bytes and {row.topic} takes {limit}",
            row.inserted.at,
            row.changes[-1].at,
        )
    policy = knobs.get("poison_policy", "dead-letter")
    if policy == "dead-letter" and not row.is_letter and row.event_id not in told:
        tally.breach(
            "dead-in-silence",
            f"{row.type} of {row.aggregate} is DEAD without a dead letter and an alert that say so",
            row.inserted.at,
            row.changes[-1].at,
        )


def sent_means_there(facts: OrderFacts, tally: Tally) -> None:
    """Judge OB-3: at the commit that marks a row SENT, or removes it, the broker already has the record."""
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
                    )


def _says_sent(change: Change, row: OutboxRow) -> bool:
    """Tell whether a change marks the row sent; removing it says the same.

    A relay that reads the database's log may remove a row in the very commit that writes it.
    """
    if change.status == "DELETED":
        return change.status_before not in _GONE and change.commit != row.inserted.commit
    return change.status == "SENT" and change.status_before != "SENT"
