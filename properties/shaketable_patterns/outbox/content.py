"""What a record says against the row it was made from."""

from __future__ import annotations

import msgspec

from shaketable.history import Json
from shaketable_patterns.order_facts import Append, OutboxRow

FIELDS = ("type", "order", "item", "quantity", "amount")
"""What an event says; an implementation may put more into a row or around a record."""


def difference(row: OutboxRow, record: Append) -> str:
    """The first field in which the record is not what the row's payload says, in words; "" if there is none."""
    said, value = payload_of(row), record.value
    if type(said) is not dict or type(value) is not dict:
        return ""
    for field in FIELDS:
        if field in said and value.get(field) != said[field]:
            return f"{field} {value.get(field)!r}, and {said[field]!r} was committed"
    return ""


def payload_of(row: OutboxRow) -> Json:
    """The row's payload, or None if it is no JSON."""
    try:
        return msgspec.json.decode(str(row.inserted.row.get("payload", "")))
    except msgspec.DecodeError:
        return None
