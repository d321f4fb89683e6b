"""What an outbox says happened: events owed, event rows, records, who claimed what."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import TypeVar

import msgspec

from shaketable.history import History
from shaketable.mapping.conditions import Holds, holds, never
from shaketable.mapping.dead_letters import Letters, read_letters
from shaketable.mapping.happenings import by_subject, changes_that, records_of
from shaketable.mapping.history_index import Append, Change, HistoryIndex
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.roles import Record, Rows
from shaketable.mapping.value_paths import Read, compiled, text
from shaketable_patterns.outbox.roles import Outbox

V = TypeVar("V")
Key = tuple[str, str]
"""An event's source and id; or its type and what it is about, where it has no id."""
ByType = dict[str, dict[str, list[V]]]
"""Type, and what it is about, to what there is of it in order."""
OTHER, PENDING, SENT, DEAD, DELETED = "", "pending", "sent", "dead", "deleted"


_NONE: MappingProxyType[Key, Announced] = MappingProxyType({})


class Owed(msgspec.Struct, frozen=True, gc=False):
    """A committed change that owes an event."""

    change: Change
    type: str
    of: str


class Announced(msgspec.Struct, frozen=True, gc=False):
    """A record as an event."""

    at: int
    key: Key
    id: str
    type: str
    of: str
    record: Append


class EventRow:
    """One event row, from its insertion on."""

    __slots__ = ("changes", "id", "inserted", "key", "of", "sequence", "size", "states", "topic", "type")

    def __init__(self, key: Key, inserted: Change, reads: Reads) -> None:
        self.key = key
        self.inserted = inserted
        self.changes = [inserted]
        self.states = [reads.state(inserted)]
        self.id = text(reads.id(inserted))
        self.of = text(reads.of(inserted))
        self.type = text(reads.type(inserted))
        self.topic = text(reads.topic(inserted))
        self.sequence = reads.sequence(inserted)
        self.size = len(text(reads.payload(inserted)))

    @property
    def state(self) -> str:
        """Its state now."""
        return self.states[-1]

    @property
    def fate(self) -> str:
        """What it came to: its state now, or the one in which it was deleted."""
        last = next((state for state in reversed(self.states) if state != DELETED), OTHER)
        return last if last == DEAD else self.states[-1]

    @property
    def name(self) -> str:
        """The event in words."""
        return f"{self.type or 'the event'} of {self.of}"


class Reads:
    """A role's values, compiled."""

    __slots__ = (
        "dead",
        "has_id",
        "id",
        "mine",
        "of",
        "payload",
        "pending",
        "sent",
        "sequence",
        "source",
        "topic",
        "type",
    )

    def __init__(self, role: Outbox) -> None:
        self.mine: Holds = role.events.has if role.events else never
        self.has_id = bool(role.id)
        self.id: Read = compiled(role.id)
        self.of: Read = compiled(role.of)
        self.type: Read = compiled(role.type)
        self.topic: Read = compiled(role.topic)
        self.source: Read = compiled(role.source)
        self.sequence: Read = compiled(role.sequence)
        self.payload: Read = compiled(role.payload)
        self.pending: Holds = holds(role.pending) if role.pending else never
        self.sent: Holds = holds(role.sent) if role.sent and not isinstance(role.sent, str) else never
        self.dead: Holds = holds(role.dead) if role.dead else never

    def state(self, change: Change) -> str:
        """Return the state of an event row after a change."""
        if change.verb == "delete":
            return DELETED
        if self.dead(change):
            return DEAD
        if self.sent(change):
            return SENT
        return PENDING if self.pending(change) else OTHER

    def key(self, change: Change) -> Key:
        """Return the key of the event that a row is of."""
        if not self.has_id:
            return text(self.type(change)), text(self.of(change))
        return text(self.source(change)), text(self.id(change))


class OutboxFacts:
    """What happened to one outbox."""

    __slots__ = (
        "_done",
        "by_type",
        "first",
        "index",
        "letters",
        "owed",
        "owed_of",
        "records",
        "role",
        "rows",
        "types",
    )

    def __init__(self, role: Outbox, index: HistoryIndex) -> None:
        self.role = role
        self.index = index
        self.rows: dict[Key, EventRow] = {}
        self.records: list[Announced] = []
        self.first: dict[str, dict[Key, Announced]] = {"": {}}
        """The first record of each event on each topic; under the topic "" the first on any."""
        self.owed: list[Owed] = []
        self.owed_of: ByType[Owed] = {}
        self.by_type: ByType[EventRow] = {}
        self._done = [by_subject(one.unless_done, index) if one.unless_done else {} for one in role.owes]
        self.types = frozenset(one.type for one in role.owes)
        self.letters: Letters = read_letters(role.waits, index)

    def record_of(self, row: EventRow) -> Announced | None:
        """Return the first record of this event row, on its topic if it names one; None if there is none."""
        return self.first.get(row.topic, _NONE).get(row.key)

    def is_owed(self, event_type: str) -> bool:
        """Tell whether a change must announce itself by events of this type."""
        return event_type in self.types

    def changed(self, event_type: str, of: str, by: int) -> bool:
        """Tell whether a change that such an event announces was committed by event index `by`."""
        owed = having(self.owed_of, event_type, of)
        if any(one.change.at <= by for one in owed):
            return True
        return any(
            all(done.at > by for done in done_to.get(of, ()))
            for one, done_to in zip(self.role.owes, self._done, strict=True)
            if one.type == event_type and one.unless_done is not None
        )


def having(found: ByType[V], kind: str, of: str) -> Sequence[V]:
    """Return those of this type that are about `of`."""
    of_type = found.get(kind)
    return () if of_type is None else of_type.get(of, ())


class OutboxesReader:
    """Makes the facts of every outbox of a mapping, once a history."""

    __slots__ = ("_indexing", "_roles")

    def __init__(self, mapping: Mapping, indexing: Indexing) -> None:
        self._roles = [(role, Reads(role)) for role in mapping.of(Outbox)]
        self._indexing = indexing

    def __call__(self, history: History) -> tuple[OutboxFacts, ...]:
        """Return the facts of each outbox, in the order of the mapping."""
        return history.view(self._read)

    def _read(self, history: History) -> tuple[OutboxFacts, ...]:
        index = self._indexing(history)
        return tuple(_facts(role, reads, index) for role, reads in self._roles)


def _facts(role: Outbox, reads: Reads, index: HistoryIndex) -> OutboxFacts:
    facts = OutboxFacts(role, index)
    for owes in role.owes:
        of, kind = owes.change.read_of, owes.type
        for change in changes_that(owes.change, index):
            owed = Owed(change, kind, text(of(change)))
            facts.owed.append(owed)
            _put(facts.owed_of, kind, owed.of, owed)
    facts.owed.sort(key=lambda owed: owed.change.number)
    if role.events is not None:
        _rows(role.events, reads, facts)
    if role.record is not None:
        _records(role.record, reads, facts)
    return facts


def _rows(events: Rows, reads: Reads, facts: OutboxFacts) -> None:
    rows, mine, key_of, state = facts.rows, reads.mine, reads.key, reads.state
    for change in facts.index.changes_of(events.database, events.table):
        if not mine(change):
            continue
        key = key_of(change)
        known = rows.get(key)
        if known is None:
            row = rows[key] = EventRow(key, change, reads)
            _put(facts.by_type, row.type, row.of, row)
        else:
            known.changes.append(change)
            known.states.append(state(change))


def _records(record: Record, reads: Reads, facts: OutboxFacts) -> None:
    for append in records_of(record.topics, facts.index):
        if not record.is_so(append):
            continue
        event, of, kind = (
            text(record.read_id(append)),
            text(record.read_of(append)),
            text(record.read_type(append)),
        )
        key = (text(record.read_source(append)), event) if reads.has_id else (kind, of)
        announced = Announced(append.at, key, event, kind, of, append)
        facts.records.append(announced)
        for topic in (append.topic, ""):
            first = facts.first.get(topic)
            if first is None:
                first = facts.first[topic] = {}
            first.setdefault(key, announced)


def _put(found: ByType[V], kind: str, of: str, one: V) -> None:
    """Add one to those of its type and subject. It mostly stays the only one: an empty list that grows takes more memory."""
    of_type = found.get(kind)
    if of_type is None:
        of_type = found[kind] = {}
    known = of_type.get(of)
    if known is None:
        of_type[of] = [one]
    else:
        known.append(one)


Outboxes = tuple[OutboxFacts, ...]
