"""OB-5: nothing is on a topic without a committed cause, and it says what was committed."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.checkers.tally import Tally
from shaketable.mapping.history_index import CLIENT
from shaketable.mapping.value_paths import agrees, as_read, compiled
from shaketable_patterns.outbox.facts import Announced, EventRow, Outboxes, OutboxFacts, having


def nothing_uncommitted(outboxes: Outboxes, tally: Tally) -> None:
    """Judge OB-5: each record that a service appended has a committed cause, under the id that was committed.

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
    others = having(facts.by_type, record.type, record.of)
    earlier = next((found for other in others if (found := facts.first[""].get(other.key))), None)
    if others:
        _new_id(earlier, others[0], record, tally)
    else:
        _phantom(record, tally)


def _of_a_change(facts: OutboxFacts, record: Announced, seen: list[Announced], tally: Tally) -> None:
    """Judge a record of a dual write: there are as many events of a kind as changes that owe one."""
    if not facts.changed(record.type, record.of, record.at):
        _phantom(record, tally)
        return
    if all(record.id != other.id for other in seen):
        seen.append(record)
        if len(seen) > max(1, len(having(facts.owed_of, record.type, record.of))):
            _new_id(seen[0], None, record, tally)


def _new_id(earlier: Announced | None, row: EventRow | None, record: Announced, tally: Tally) -> None:
    first = earlier.at if earlier is not None else row.inserted.at if row is not None else -1
    tally.breach(
        "new-id-on-duplicate",
        f"{record.type or 'an event'} of {record.of} is on {record.record.topic} again, as event {record.id!r}",
        first,
        record.at,
        about=(record.of, record.id),
    )


def says_what_was_committed(outboxes: Outboxes, tally: Tally) -> None:
    """Judge OB-5: a record repeats what its row says."""
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
                    about=(record.id, row.of),
                )


def _phantom(record: Announced, tally: Tally) -> None:
    tally.breach(
        "phantom-event",
        f"{record.type or 'an event'} of {record.of} is on {record.record.topic} and nothing committed says so",
        record.at,
        about=(record.of,),
    )


def difference(same: Mapping[str, str], row: EventRow, record: Announced) -> str:
    """Return the first value in which the record is not what the row says, in words; "" if there is none.

    A value that the row does not have is not asked for: an implementation may put more into one than into the other.
    """
    for of_row, of_record in same.items():
        committed = as_read(of_record, compiled(of_row)(row.inserted))
        if committed is None:
            continue
        said = as_read(of_row, compiled(of_record)(record.record))
        if not agrees(said, committed):
            return f"{of_record.rpartition('.')[2]} {said!r}, and {committed!r} was committed"
    return ""
