"""What an outbox says happened: events owed, event rows, records, who claimed what."""

from __future__ import annotations

import msgspec

from shaketable.history import History
from shaketable.mapping.happenings import Happening, changes_that, happenings, records_of
from shaketable.mapping.letters import Letters, read_letters
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.values import Read, compiled, text
from shaketable.mapping.views import Append, Change, Viewing, Views
from shaketable.mapping.where import Holds, holds
from shaketable_patterns.outbox.roles import Outbox, Owes

Key = tuple[str, str]
"""An event's source and id; or its type and what it is about, where it has no id."""
OTHER, PENDING, SENT, DEAD, DELETED = "", "pending", "sent", "dead", "deleted"


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
        source = inserted.source
        self.key = key
        self.inserted = inserted
        self.changes = [inserted]
        self.states = [reads.state(inserted)]
        self.id = text(reads.id(source))
        self.of = text(reads.of(source))
        self.type = text(reads.type(source))
        self.topic = text(reads.topic(source))
        self.sequence = reads.sequence(source)
        self.size = len(text(reads.payload(source)))

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
        self.mine: Holds = holds(role.events.where) if role.events else _never
        self.id: Read = compiled(role.id)
        self.of: Read = compiled(role.of)
        self.type: Read = compiled(role.type)
        self.topic: Read = compiled(role.topic)
        self.source: Read = compiled(role.source)
        self.sequence: Read = compiled(role.sequence)
        self.payload: Read = compiled(role.payload)
        self.pending: Holds = holds(role.pending) if role.pending else _never
        self.sent: Holds = holds(role.sent) if role.sent and not isinstance(role.sent, str) else _never
        self.dead: Holds = holds(role.dead) if role.dead else _never

    def state(self, change: Change) -> str:
        """Return the state of an event row after a change."""
        if change.verb == "delete":
            return DELETED
        source = change.source
        if self.dead(source):
            return DEAD
        if self.sent(source):
            return SENT
        return PENDING if self.pending(source) else OTHER


def _never(_: object) -> bool:
    return False


class OutboxFacts:
    """What happened to one outbox."""

    __slots__ = (
        "_done",
        "by_type",
        "first",
        "letters",
        "owed",
        "owed_of",
        "records",
        "role",
        "rows",
        "types",
        "views",
    )

    def __init__(self, role: Outbox, views: Views) -> None:
        self.role = role
        self.views = views
        self.rows: dict[Key, EventRow] = {}
        self.records: list[Announced] = []
        self.first: dict[tuple[str, Key], Announced] = {}
        """The first record of an event on a topic; under the topic "" the first on any."""
        self.owed: list[Owed] = []
        self.owed_of: dict[tuple[str, str], list[Owed]] = {}
        self.by_type: dict[tuple[str, str], list[EventRow]] = {}
        self._done = [_by_subject(owes, views) for owes in role.owes]
        self.types = frozenset(one.type for one in role.owes)
        self.letters: Letters = read_letters(role.waits, views)

    def record_of(self, row: EventRow) -> Announced | None:
        """Return the first record of this event row, on its topic if it names one; None if there is none."""
        return self.first.get((row.topic, row.key))

    def is_owed(self, event_type: str) -> bool:
        """Tell whether a change must announce itself by events of this type."""
        return event_type in self.types

    def changed(self, event_type: str, of: str, by: int) -> bool:
        """Tell whether a change that such an event announces was committed by event index `by`."""
        owed = self.owed_of.get((event_type, of), ())
        if any(one.change.at <= by for one in owed):
            return True
        return any(
            all(done.at > by for done in done_to.get(of, ()))
            for one, done_to in zip(self.role.owes, self._done, strict=True)
            if one.type == event_type and one.unless_done is not None
        )


def _by_subject(owes: Owes, views: Views) -> dict[str, list[Happening]]:
    found: dict[str, list[Happening]] = {}
    if owes.unless_done is not None:
        for happening in happenings(owes.unless_done, views):
            found.setdefault(happening.of, []).append(happening)
    return found


class OutboxesReader:
    """Makes the facts of every outbox of a mapping, once a history."""

    __slots__ = ("_roles", "_viewing")

    def __init__(self, mapping: Mapping, viewing: Viewing) -> None:
        self._roles = mapping.of(Outbox)
        self._viewing = viewing

    def __call__(self, history: History) -> tuple[OutboxFacts, ...]:
        """Return the facts of each outbox, in the order of the mapping."""
        return history.view(self._read)

    def _read(self, history: History) -> tuple[OutboxFacts, ...]:
        views = self._viewing(history)
        return tuple(_facts(role, views) for role in self._roles)


def _facts(role: Outbox, views: Views) -> OutboxFacts:
    facts = OutboxFacts(role, views)
    for owes in role.owes:
        of = compiled(owes.change.of)
        for change in changes_that(owes.change, views):
            owed = Owed(change, owes.type, text(of(change.source)))
            facts.owed.append(owed)
            facts.owed_of.setdefault((owed.type, owed.of), []).append(owed)
    facts.owed.sort(key=lambda owed: owed.change.number)
    if role.events is not None:
        _rows(role, facts, views)
    if role.record is not None:
        _records(role, facts, views)
    return facts


def _rows(role: Outbox, facts: OutboxFacts, views: Views) -> None:
    assert role.events is not None
    reads = Reads(role)
    for change in views.changes_of(role.events.database, role.events.table):
        source = change.source
        if not reads.mine(source):
            continue
        key = _key(reads, role, source)
        known = facts.rows.get(key)
        if known is None:
            row = facts.rows[key] = EventRow(key, change, reads)
            facts.by_type.setdefault((row.type, row.of), []).append(row)
        else:
            known.changes.append(change)
            known.states.append(reads.state(change))


def _key(reads: Reads, role: Outbox, source: dict[str, object]) -> Key:
    if not role.id:
        return text(reads.type(source)), text(reads.of(source))
    return text(reads.source(source)), text(reads.id(source))


def _records(role: Outbox, facts: OutboxFacts, views: Views) -> None:
    record = role.record
    assert record is not None
    mine = holds(record.where)
    read_id, read_of, read_type, read_source = (
        compiled(path) for path in (record.id, record.of, record.type, record.source)
    )
    for append in records_of(record.topics, views):
        source = append.source
        if not mine(source):
            continue
        event, of, kind = text(read_id(source)), text(read_of(source)), text(read_type(source))
        key = (text(read_source(source)), event) if role.id else (kind, of)
        announced = Announced(append.at, key, event, kind, of, append)
        facts.records.append(announced)
        facts.first.setdefault((append.topic, key), announced)
        facts.first.setdefault(("", key), announced)


Outboxes = tuple[OutboxFacts, ...]
