"""OB-6: the order of first appearances, one key for each aggregate, and rows that a cursor passed by."""

from __future__ import annotations

from shaketable.checkers.order import inversion
from shaketable.checkers.tally import Tally
from shaketable_patterns.outbox.facts import DEAD, PENDING, Announced, EventRow, Key, Outboxes


def order_of_each_aggregate(outboxes: Outboxes, tally: Tally) -> None:
    """Judge the order per topic and aggregate. A row that was dead once may come late: its gap was visible."""
    for facts in outboxes:
        seen: dict[str, dict[str, EventRow]] = {}
        decided: dict[tuple[str, str], list[Key]] = {}
        for row in facts.rows.values():
            if DEAD not in row.states:
                on_topic = seen.setdefault(row.topic, {})
                first = on_topic.setdefault(row.of, row)
                if first is not row:  # with one event an aggregate has no order
                    decided.setdefault((row.topic, row.of), [first.key]).append(row.key)
        topics = bool(facts.role.topic)
        appeared: dict[tuple[str, str], list[tuple[Key, int]]] = {}
        for record in facts.records:
            if record.key in facts.rows:
                place = (record.record.topic if topics else "", record.of)
                if place in decided:
                    appeared.setdefault(place, []).append((record.key, record.at))
        for place, events in sorted(decided.items(), key=lambda one: facts.rows[one[1][0]].inserted.number):
            tally.exercised += len(events) - 1
            wrong = inversion(events, appeared.get(place, ()))
            if wrong is not None:
                earlier, later = facts.rows[wrong.earlier], facts.rows[wrong.later]  # type: ignore[index]
                tally.breach(
                    "out-of-order",
                    f"{later.name} is on its topic before {earlier.name}, which was committed first",
                    earlier.inserted.at,
                    later.inserted.at,
                    wrong.later_at,
                    wrong.earlier_at,
                    about=(later.of, earlier.of),
                )


def one_key_for_each_aggregate(outboxes: Outboxes, tally: Tally) -> None:
    """Judge that a topic has each aggregate under one key: under two, a consumer may see the later event first."""
    for facts in outboxes:
        keyed: dict[tuple[str, str], Announced] = {}
        for record in facts.records:
            if record.key not in facts.rows:
                continue
            known = keyed.setdefault((record.record.topic, record.of), record)
            if known is record:
                continue
            tally.exercised += 1
            if known.record.key != record.record.key:
                tally.breach(
                    "scattered-aggregate",
                    f"{known.type} and {record.type} of {record.of} are on {record.record.topic} under "
                    f"{known.record.key!r} and {record.record.key!r}",
                    known.at,
                    record.at,
                    about=(record.of,),
                )


def no_row_is_skipped(outboxes: Outboxes, tally: Tally) -> None:
    """Judge that once all is quiet, no untouched row stays behind one with a higher number that was published."""
    for facts in outboxes:
        if facts.index.unsettled:
            continue
        highest: EventRow | None = None
        for row in facts.rows.values():
            if type(row.sequence) is not int or facts.record_of(row) is None:
                continue
            if highest is None or row.sequence > highest.sequence:
                highest = row
        if highest is None:
            continue
        for row in facts.rows.values():
            if type(row.sequence) is not int or row.sequence >= highest.sequence:
                continue
            if row.inserted.at > highest.inserted.at:
                tally.exercised += 1
            if len(row.changes) == 1 and row.state == PENDING and facts.record_of(row) is None:
                tally.breach(
                    "skipped-row",
                    f"row {row.sequence} ({row.name}) was passed over for row {highest.sequence}",
                    row.inserted.at,
                    highest.inserted.at,
                    about=(row.of,),
                )
