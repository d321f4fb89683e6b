"""OB-6: the order of first appearances, and rows that a cursor passed by."""

from __future__ import annotations

from shaketable.checkers.order import inversion
from shaketable_patterns.order_facts import Append, OrderFacts, OutboxRow, Tally


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Per topic and aggregate. A row that was DEAD once may come late: its gap was visible."""
    decided: dict[tuple[str, str], list[str]] = {}
    for row in facts.outbox.values():
        if not row.is_letter and not row.was("DEAD"):
            decided.setdefault((row.topic, row.aggregate), []).append(row.event_id)
    appeared: dict[tuple[str, str], list[tuple[str, int]]] = {}
    keyed: dict[tuple[str, str], Append] = {}
    for record in facts.appends:
        if record.event_id in facts.outbox:
            place = (record.topic, record.order)
            appeared.setdefault(place, []).append((record.event_id, record.at))
            known = keyed.setdefault(place, record)
            if known.key != record.key:
                _scattered(known, record, tally)
    for place, events in decided.items():
        if len(events) > 1:
            tally.exercised += len(events) - 1
            wrong = inversion(events, appeared.get(place, ()))
            if wrong is not None:
                first, second = (facts.outbox[str(e)] for e in (wrong.earlier, wrong.later))
                tally.breach(
                    "out-of-order",
                    f"{second.type} of {place[1]} is on {place[0]} before {first.type}, which was committed first",
                    first.inserted.at,
                    second.inserted.at,
                    wrong.later_at,
                    wrong.earlier_at,
                    about=(place[1],),
                )
    if not facts.unsettled:
        _skipped(facts, tally)


def _scattered(first: Append, record: Append, tally: Tally) -> None:
    """A topic keeps the order of one key only: under two, who reads may see the later event first."""
    tally.breach(
        "scattered-aggregate",
        f"{first.type} and {record.type} of {record.order} are on {record.topic} under {first.key!r} and {record.key!r}",
        first.at,
        record.at,
        about=(record.order,),
    )


def _skipped(facts: OrderFacts, tally: Tally) -> None:
    """A row nobody touched although a row with a higher id, in the same outbox, was published."""
    highest: dict[str, OutboxRow] = {}
    for row in facts.outbox.values():
        if facts.on_topic(row) is not None:
            known = highest.get(row.inserted.db)
            if known is None or row.id > known.id:
                highest[row.inserted.db] = row
    for row in facts.outbox.values():
        passed = highest.get(row.inserted.db)
        if passed is None or row.id >= passed.id:
            continue
        if row.inserted.at > passed.inserted.at:
            tally.exercised += 1
        if len(row.changes) == 1 and row.status == "PENDING" and facts.on_topic(row) is None:
            tally.breach(
                "skipped-row",
                f"row {row.id} ({row.type} of {row.aggregate}) was passed over for row {passed.id}",
                row.inserted.at,
                passed.inserted.at,
                about=(row.aggregate,),
            )
