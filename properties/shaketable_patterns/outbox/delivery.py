"""OB-2, OB-3, OB-5: between the event rows and the topic, in both directions."""

from __future__ import annotations

from shaketable.checkers.tally import Tally
from shaketable.mapping.views import CLIENT
from shaketable_patterns.outbox.content import difference
from shaketable_patterns.outbox.facts import (
    DEAD,
    DELETED,
    OTHER,
    PENDING,
    SENT,
    Announced,
    EventRow,
    Outboxes,
    OutboxFacts,
)


def committed_arrives(outboxes: Outboxes, tally: Tally) -> None:
    """OB-2: each committed event row has its record once all is quiet, unless it was given up."""
    for facts in outboxes:
        tally.exercised += len(facts.rows)
        if facts.views.unsettled:
            continue
        for row in facts.rows.values():
            if row.state == DEAD or facts.record_of(row) is not None:
                continue
            where = row.topic or " or ".join(facts.role.record.topics if facts.role.record else ())
            tally.breach(
                "never-sent" if row.state == PENDING else "lost-event",
                f"{row.name} was committed, is {row.state or 'neither pending nor sent'} and never reached {where}",
                row.inserted.at,
                row.changes[-1].at,
            )


def given_up_visibly(outboxes: Outboxes, tally: Tally) -> None:
    """OB-2: a dead row is one that no broker takes, with a letter and an alert that say so, as the policy declares."""
    policy = tally.profile.knobs.get("poison_policy", "dead-letter")
    limit = int(tally.profile.knobs.get("event_bytes_max", 0))
    for facts in outboxes:
        if facts.views.unsettled:
            continue
        for row in facts.rows.values():
            if row.state != DEAD or facts.record_of(row) is not None:
                continue
            tally.exercised += 1
            if 0 < row.size <= limit:
                tally.breach(
                    "given-up-too-early",
                    f"{row.name} is dead, though it is only {row.size} bytes and the broker takes {limit}",
                    row.inserted.at,
                    row.changes[-1].at,
                )
            if policy == "dead-letter" and facts.role.waits:
                letter = facts.letters.about(row.id)
                if letter is None or not letter.visible:
                    tally.breach(
                        "dead-in-silence",
                        f"{row.name} is dead without a dead letter and an alert that say so",
                        row.inserted.at,
                        row.changes[-1].at,
                    )


def sent_means_there(outboxes: Outboxes, tally: Tally) -> None:
    """OB-3: at the commit that marks a row sent, or removes it, the broker already has the record."""
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
                    )


def _says_sent(facts: OutboxFacts, row: EventRow, at: int) -> bool:
    """Marking and removing are the same promise; a log reader's row may go with the very commit that wrote it."""
    state, before = row.states[at], row.states[at - 1] if at else OTHER
    if state == DELETED:
        if facts.role.sent == "log":
            return False
        return before not in (SENT, DEAD, DELETED) and row.changes[at].commit != row.inserted.commit
    return state == SENT and before != SENT


def nothing_uncommitted(outboxes: Outboxes, tally: Tally) -> None:
    """OB-5: each record that a service appended has a committed cause, under the id that was committed.

    What clients publish is not judged.
    """
    for facts in outboxes:
        seen: dict[tuple[str, str], list[Announced]] = {}
        kinds = {row.type for row in facts.rows.values()} | facts.types
        for record in facts.records:
            if record.record.process == CLIENT or record.type not in kinds:
                continue
            tally.exercised += 1
            if facts.role.events is not None:
                _of_a_row(facts, record, tally)
            else:
                _of_a_change(facts, record, seen.setdefault((record.type, record.of), []), tally)


def _of_a_row(facts: OutboxFacts, record: Announced, tally: Tally) -> None:
    row = facts.rows.get(record.key)
    if row is not None:
        if row.inserted.at > record.at:
            _phantom(record, tally)
        return
    others = facts.by_type.get((record.type, record.of), ())
    earlier = next((found for other in others if (found := facts.first.get(("", other.key)))), None)
    if others:
        _new_id(earlier, others[0], record, tally)
    else:
        _phantom(record, tally)


def _of_a_change(facts: OutboxFacts, record: Announced, seen: list[Announced], tally: Tally) -> None:
    """A dual write: there are as many events of a kind as changes that owe one."""
    if not facts.changed(record.type, record.of, record.at):
        _phantom(record, tally)
        return
    if all(record.id != other.id for other in seen):
        seen.append(record)
        if len(seen) > max(1, len(facts.owed_of.get((record.type, record.of), ()))):
            _new_id(seen[0], None, record, tally)


def _new_id(earlier: Announced | None, row: EventRow | None, record: Announced, tally: Tally) -> None:
    first = earlier.at if earlier is not None else row.inserted.at if row is not None else -1
    tally.breach(
        "new-id-on-duplicate",
        f"{record.type or 'an event'} of {record.of} is on {record.record.topic} again, as event {record.id!r}",
        first,
        record.at,
    )


def says_what_was_committed(outboxes: Outboxes, tally: Tally) -> None:
    """OB-5: a record repeats what its row says."""
    for facts in outboxes:
        for record in facts.records:
            row = facts.rows.get(record.key)
            if row is None or record.record.process == CLIENT:
                continue
            tally.exercised += 1
            said = difference(facts.role.same, row, record)
            if said:
                tally.breach(
                    "not-as-committed",
                    f"event {record.id or record.type} of {row.of} is on {record.record.topic} with {said}",
                    row.inserted.at,
                    record.at,
                )


def _phantom(record: Announced, tally: Tally) -> None:
    tally.breach(
        "phantom-event",
        f"{record.type or 'an event'} of {record.of} is on {record.record.topic} and nothing committed says so",
        record.at,
    )
