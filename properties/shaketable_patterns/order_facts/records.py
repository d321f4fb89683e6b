"""The records of the oracles, one type a kind: row changes, appended records, deliveries, outbox rows.

Records only point back in time, never in a circle: the garbage collector need not look at them (`gc=False`).
"""

from __future__ import annotations

import msgspec

from shaketable.history import Json

DEAD_LETTERS = "dead-letters"
ALERTS = "alerts"


class Change(msgspec.Struct, frozen=True, gc=False):
    """One write of one committed transaction. `before` is the same row's previous change."""

    at: int
    process: str
    db: str
    verb: str
    table: str
    row: dict[str, Json]
    before: Change | None
    commit: int
    """The number of its commit in the history, counted from 0."""
    status: str
    """The row's status afterwards; DELETED for a row that is gone."""
    status_before: str

    @property
    def text(self) -> str:
        """The change in a few words, for messages."""
        return f"{self.process} {self.verb} {self.db}.{self.table} {self.status}".rstrip()


class Append(msgspec.Struct, frozen=True, gc=False):
    """One record on a topic, with the id, type and order that its value names."""

    at: int
    process: str
    topic: str
    partition: int
    offset: int
    key: str
    event_id: str
    type: str
    order: str
    value: Json
    headers: Json


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """One arrival of a record at a consumer."""

    at: int
    process: str
    group: str
    record: Append


class OutboxRow:
    """One event row, from its insertion on. The row of a dead letter or an alert (`is_letter`) announces no state."""

    __slots__ = ("aggregate", "changes", "event_id", "id", "inserted", "is_letter", "topic", "type")

    def __init__(self, event_id: str, inserted: Change) -> None:
        row = inserted.row
        self.event_id = event_id
        self.inserted = inserted
        self.changes = [inserted]
        self.id = int(row.get("id") or 0)
        self.type = str(row.get("type", ""))
        self.aggregate = str(row.get("aggregate", ""))
        self.topic = str(row.get("topic", ""))
        self.is_letter = self.topic in (DEAD_LETTERS, ALERTS)

    @property
    def status(self) -> str:
        return self.changes[-1].status

    def was(self, status: str) -> bool:
        """Tell whether it ever had this status."""
        return any(change.status == status for change in self.changes)
