"""OB-2 and OB-3: what is committed arrives, and a row is marked sent only behind that."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.refused_records import was_refused
from shaketable_patterns.outbox.facts import (
    DEAD,
    DELETED,
    OTHER,
    PENDING,
    SENT,
    EventRow,
    Outboxes,
    OutboxFacts,
)


def committed_arrives(outboxes: Outboxes, tally: Tally) -> None:
    """Judge OB-2: each committed event row has its record once all is quiet, unless it was given up."""
    for facts in outboxes:
        tally.exercised += len(facts.rows)
        if facts.index.unsettled:
            continue
        for row in facts.rows.values():
            if row.fate == DEAD or facts.record_of(row) is not None:
                continue
            where = row.topic or " or ".join(facts.role.record.topics if facts.role.record else ())
            tally.breach(
                "never-sent" if row.state == PENDING else "lost-event",
                f"{row.name} was committed, is {row.state or 'neither pending nor sent'} and never reached {where}",
                row.inserted.at,
                row.changes[-1].at,
                about=(row.of,),
            )


def given_up_visibly(outboxes: Outboxes, tally: Tally) -> None:
    """Judge OB-2: a dead row is one that no broker takes, with a letter and an alert that say so, as the policy declares.

    One that the broker refused may be given up at once: clients are told not to try it again.
    """
    policy = tally.profile.knobs.get("poison_policy", "dead-letter")
    limit = int(tally.profile.knobs.get("event_bytes_max", 0))
    for facts in outboxes:
        if facts.index.unsettled:
            continue
        for row in facts.rows.values():
            if row.fate != DEAD or facts.record_of(row) is not None:
                continue
            tally.exercised += 1
            if 0 < row.size <= limit and not _was_refused(facts, row):
                tally.breach(
                    "given-up-too-early",
                    f"{row.name} is dead, though it is only {row.size} bytes and the broker takes {limit}",
                    row.inserted.at,
                    row.changes[-1].at,
                    about=(row.of,),
                )
            if policy == "dead-letter" and facts.role.waits:
                letter = facts.letters.about(row.id)
                if letter is None or not letter.visible:
                    tally.breach(
                        "dead-in-silence",
                        f"{row.name} is dead without a dead letter and an alert that say so",
                        row.inserted.at,
                        row.changes[-1].at,
                        about=(row.of,),
                    )


def _was_refused(facts: OutboxFacts, row: EventRow) -> bool:
    """Tell whether the broker refused the row before it was given up, whatever limit is declared."""
    topics = (row.topic,) if row.topic else facts.role.record.topics if facts.role.record else ()
    others = (other.of for other in facts.rows.values())
    return was_refused(facts.index, topics, row.of, others, row.changes[-1].at)


def sent_means_there(outboxes: Outboxes, tally: Tally) -> None:
    """Judge OB-3: at the commit that marks a row sent, or removes it, the broker already has the record."""
    for facts in outboxes:
        for row in facts.rows.values():
            for at, change in enumerate(row.changes):
                if not _says_sent(facts, row, at):
                    continue
                tally.exercised += 1
                record = facts.record_of(row)
                if record is None or record.at > change.at:
                    tally.breach(
                        "marked-unsent",
                        f"{change.process} marked {row.name} sent while its topic had no such record",
                        change.at,
                        -1 if record is None else record.at,
                        about=(row.of,),
                    )


def _says_sent(facts: OutboxFacts, row: EventRow, at: int) -> bool:
    """Tell whether a change says sent: marking and removing are the same promise.

    A log reader's row may go with the very commit that wrote it.
    """
    state, before = row.states[at], row.states[at - 1] if at else OTHER
    if state == DELETED:
        if facts.role.sent == "log":
            return False
        return before not in (SENT, DEAD, DELETED) and row.changes[at].commit != row.inserted.commit
    return state == SENT and before != SENT
