"""OB-5: nothing is on a topic without a committed cause, it says what was committed, and duplicates keep their event id."""

from __future__ import annotations

import msgspec

from shaketable.history import Json
from shaketable_patterns.order_facts import Append, OrderFacts, OutboxRow, Tally
from shaketable_patterns.order_facts.flow import ONCE, STATE_OF, reached

_FIELDS = ("type", "order", "item", "quantity", "amount")
"""The fields of an event; an implementation may put more into a row or around a record."""


def judge(facts: OrderFacts, tally: Tally) -> None:
    """Judge each record that a service appended; what clients publish is not judged."""
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
            )
        elif known or not _caused(facts, record):
            _phantom(record, tally)


def _as_committed(row: OutboxRow, record: Append, tally: Tally) -> None:
    said = _difference(row, record)
    if said:
        tally.breach(
            "not-as-committed",
            f"event {row.event_id} of {row.aggregate} is on {record.topic} with {said}",
            row.inserted.at,
            record.at,
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
    )


def _difference(row: OutboxRow, record: Append) -> str:
    """Return the first field in which the record is not what the row's payload says, in words; "" if there is none."""
    said, value = _payload_of(row), record.value
    if type(said) is not dict or type(value) is not dict:
        return ""
    for field in _FIELDS:
        if field in said and value.get(field) != said[field]:
            return f"{field} {value.get(field)!r}, and {said[field]!r} was committed"
    return ""


def _payload_of(row: OutboxRow) -> Json:
    """Return the row's payload, or None if it is no JSON."""
    try:
        return msgspec.json.decode(str(row.inserted.row.get("payload", "")))
    except msgspec.DecodeError:
        return None
