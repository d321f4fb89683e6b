"""OB-1: the row and its event, together or not at all."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.checkers.tally import Tally
from shaketable_patterns.outbox.facts import EventRow, Outboxes, Owed, having


def change_has_its_event(outboxes: Outboxes, tally: Tally) -> None:
    """Judge commit by commit that a change that owes an event comes with the event's row."""
    for facts in outboxes:
        if facts.role.events is None:
            continue
        for owed in facts.owed:
            tally.exercised += 1
            rows = having(facts.by_type, owed.type, owed.of)
            if all(row.inserted.commit != owed.change.commit for row in rows):
                tally.breach(
                    "lost-event",
                    f"{owed.change.text} of {owed.of} committed without its {owed.type or 'event'} row",
                    owed.change.at,
                    about=(owed.of,),
                )


def change_is_published(outboxes: Outboxes, tally: Tally) -> None:
    """Judge a service that writes twice by what is on the topic at the end, unless it visibly waits."""
    for facts in outboxes:
        if facts.role.events is not None or facts.index.unsettled:
            continue
        there = {(record.type, record.of) for record in facts.records}
        for owed in facts.owed:
            tally.exercised += 1
            if (owed.type, owed.of) not in there and not facts.letters.waits(owed.of):
                tally.breach(
                    "lost-event",
                    f"{owed.change.text} of {owed.of} committed and its {owed.type or 'event'} was never published",
                    owed.change.at,
                    about=(owed.of,),
                )


def event_has_its_change(outboxes: Outboxes, tally: Tally) -> None:
    """Judge that event rows of a type that some change owes stand for a change that was committed by then."""
    for facts in outboxes:
        for row in facts.rows.values():
            if facts.is_owed(row.type):
                tally.exercised += 1
                if not facts.changed(row.type, row.of, row.inserted.at):
                    tally.breach(
                        "phantom-event",
                        f"the {row.type or 'event'} row of {row.of} committed without what it announces",
                        row.inserted.at,
                        about=(row.of,),
                    )


def event_has_a_change_of_its_own(outboxes: Outboxes, tally: Tally) -> None:
    """Judge that there are never more event rows of a kind than changes that such an event announces.

    A change that is announced by two rows is two events to all who read them: their ids differ. What may also be
    announced without a change of its own (`unless_done`) is not counted.
    """
    for facts in outboxes:
        loose = {owes.type for owes in facts.role.owes if owes.unless_done is not None}
        for kind, rows_of in facts.by_type.items():
            if facts.is_owed(kind) and kind not in loose:
                for of, rows in rows_of.items():
                    _judge_own_changes(kind, of, rows, having(facts.owed_of, kind, of), tally)


def _judge_own_changes(
    kind: str, of: str, rows: list[EventRow], changes: Sequence[Owed], tally: Tally
) -> None:
    """Judge the rows of one kind of event about one thing against the changes that it announces."""
    tally.exercised += len(rows)
    for place in range(1, len(rows)):
        row = rows[place]
        if changes and (place >= len(changes) or changes[place].change.at > row.inserted.at):
            tally.breach(
                "announced-twice",
                f"the {kind or 'event'} row number {place + 1} of {of} committed, and what it announces "
                f"happened {_times(sum(owed.change.at <= row.inserted.at for owed in changes))}",
                rows[place - 1].inserted.at,
                row.inserted.at,
                about=(of,),
            )
            break


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
