"""One pass over a history that every pattern's facts are made from: changes by table, records by topic, calls by route.

It knows no pattern. Linear, a few microseconds an event. What it makes only points back in time, never in a circle:
the garbage collector need not look at it (`gc=False`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import msgspec

from shaketable.checkers.convergence import Phases
from shaketable.history import COMPLETIONS, Event, History, Json, Op
from shaketable.mapping.values import Source

Place = tuple[str, str]
"""A database and a table; or a third party and a route."""
V = TypeVar("V")
CLIENT = "client"
"""The process under which a history tells what the harness itself does to the subject."""
_EMPTY: dict[str, Json] = {}


class Change(msgspec.Struct, Source, frozen=True, gc=False):
    """One write of one committed transaction. `before` is the same row's previous change; a deleted row is told as it was."""

    at: int
    process: str
    db: str
    table: str
    verb: str
    row: dict[str, Json]
    before: Change | None
    commit: int
    """Which commit of the history this belongs to, counted from 0; -1 for rows that were there before the run."""
    number: int
    """Which change of the tables that are looked at it is, counted from 0."""

    @property
    def text(self) -> str:
        """The change in a few words, for messages."""
        return f"{self.process} {self.verb} {self.db}.{self.table}"


class Append(msgspec.Struct, Source, frozen=True, gc=False):
    """One record on a topic."""

    at: int
    process: str
    topic: str
    partition: int
    offset: int
    key: str
    body: Json
    headers: Mapping[str, str]


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """A record reached a consumer."""

    at: int
    process: str
    group: str
    record: Append


class Entry(msgspec.Struct, Source, frozen=True, gc=False):
    """What a third party recorded in its ledger."""

    at: int
    process: str
    route: str
    field: Json


class Views:
    """What happened, by table, topic, route and op. Lists are in the order of the history."""

    __slots__ = (
        "appends",
        "by_topic",
        "changes",
        "deliveries",
        "entries",
        "events",
        "faults",
        "initial",
        "invoked",
        "made",
        "offsets",
        "phases",
        "polls",
        "returned",
    )

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.changes: dict[Place, list[Change]] = {}
        self.initial: dict[Place, list[Change]] = {}
        """Rows that were there before the run."""
        self.appends: list[Append] = []
        self.by_topic: dict[str, list[Append]] = {}
        self.deliveries: list[Delivery] = []
        self.entries: dict[Place, list[Entry]] = {}
        self.offsets: list[Event] = []
        self.polls: list[Event] = []
        self.faults: list[Event] = []
        self.invoked: list[Event] = []
        self.returned: dict[int, Event] = {}
        self.phases = Phases(-1, None)
        self.made: dict[Hashable, Any] = {}
        """What was made out of these views already: several roles name the same."""

    @property
    def unsettled(self) -> str:
        """Why liveness cannot be judged, or ""."""
        return self.phases.unsettled

    def once(self, key: Hashable, make: Callable[[], V]) -> V:
        """Return what `make` returned when it was first asked for under `key`: all who ask share it."""
        found = self.made.get(key)
        if found is None:
            found = self.made[key] = make()
        return found

    def ops(self, *names: str) -> list[Op]:
        """List the ops of these names (all of them if none is given), in order of invocation."""
        return [Op(e, self.returned.get(e.index)) for e in self.invoked if not names or e.name in names]

    def changes_of(self, database: str, table: str) -> list[Change]:
        """List every committed write of this table."""
        return self.changes.get((database, table), [])

    def time_ms(self, at: int) -> int:
        """Return the time of the event at this index."""
        return self.events[at].time_ms

    def faulted(self, *names: str) -> bool:
        """Tell whether a fault of one of these kinds was put into the run."""
        return any(fault.name in names for fault in self.faults)


class Viewing:
    """Makes the views of a history once. `keys` are the tables that are looked at, with the columns that tell their rows apart."""

    __slots__ = ("_keys", "_tables")

    def __init__(self, keys: Mapping[Place, tuple[str, ...]]) -> None:
        self._keys = {place: _key(columns) for place, columns in keys.items()}
        self._tables = frozenset(keys.items())

    def __call__(self, history: History) -> Views:
        """Return the views of `history`, shared by all that look at no table that these do not."""
        made = history.view(_Made)
        for tables, views in made.views:
            if self._tables <= tables:
                return views
        views = _Reading(self._keys).read(history)
        made.views.append((self._tables, views))
        return views


class _Made:
    """What was made out of one history, each with the tables that it looked at."""

    __slots__ = ("views",)

    def __init__(self, _: History) -> None:
        self.views: list[tuple[frozenset[tuple[Place, tuple[str, ...]]], Views]] = []


Key = Callable[[Mapping[str, Json]], Json]


def _key(columns: tuple[str, ...]) -> Key:
    if not columns:
        return lambda row: row.get("id", row.get("name"))
    if len(columns) == 1:
        (only,) = columns
        return lambda row: row.get(only)
    return lambda row: tuple([row.get(column) for column in columns])


class _Table:
    """One table while its changes are read."""

    __slots__ = ("changes", "key", "now")

    def __init__(self, key: Key, changes: list[Change]) -> None:
        self.key = key
        self.changes = changes
        self.now: dict[Json, Change] = {}
        """The latest change of each row."""


class _Reading:
    __slots__ = ("_changes", "_commits", "_keys", "_records", "_tables", "views")

    def __init__(self, keys: Mapping[Place, Key]) -> None:
        self.views = Views()
        self._keys = keys
        self._tables: dict[Place, _Table | None] = {}
        self._changes = self._commits = 0
        self._records: dict[tuple[str, int, int], Append] = {}

    def read(self, history: History) -> Views:
        views = self.views
        views.events = history.events
        effects = {
            "commit": self._commit,
            "append": self._append,
            "deliver": self._deliver,
            "offsets": views.offsets.append,
            "poll": views.polls.append,
        }
        kinds = {
            "invoke": views.invoked.append,
            "phase": self._phase,
            "state": self._state,
            "fault": views.faults.append,
        }
        returned = views.returned
        for event in history.events:
            kind = event.kind
            if kind == "effect":
                effects.get(event.name, self._entry)(event)
            elif kind in COMPLETIONS:
                returned.setdefault(event.ref, event)
            else:
                read = kinds.get(kind)
                if read is not None:
                    read(event)
        return views

    def _phase(self, event: Event) -> None:
        before = self.views.phases
        if event.name == "liveness":
            self.views.phases = Phases(event.index, before.quiet)
        elif event.name == "quiet":
            self.views.phases = Phases(before.liveness, bool(event.value and event.value.get("quiet")))

    def _state(self, event: Event) -> None:
        value = event.value
        if event.name != "rows" or type(value) is not dict:
            return
        place = (value["db"], value["table"])
        table = self._table(place)
        if table is None:
            return
        initial = self.views.initial.setdefault(place, [])
        for row in value["rows"]:
            change = Change(event.index, event.process, *place, "insert", row, None, -1, self._changes)
            self._changes += 1
            table.now[table.key(row)] = change
            initial.append(change)

    def _commit(self, event: Event) -> None:
        at, process, db = event.index, event.process, event.value["db"]
        number = self._commits
        self._commits += 1
        tables = self._tables
        for verb, name, row in event.value["writes"]:
            place = (db, name)
            table = tables[place] if place in tables else self._table(place)
            if table is None:
                continue
            key, now = table.key(row), table.now
            change = Change(at, process, db, name, verb, row, now.get(key), number, self._changes)
            self._changes += 1
            now[key] = change
            table.changes.append(change)

    def _table(self, place: Place) -> _Table | None:
        """Return the table at this place; None if it is not looked at."""
        if place not in self._tables:
            key = self._keys.get(place)
            changes = self.views.changes.setdefault(place, [])
            self._tables[place] = None if key is None else _Table(key, changes)
        return self._tables[place]

    def _append(self, event: Event) -> None:
        given = event.value
        topic, partition, offset = given["topic"], given["partition"], given["offset"]
        headers = given.get("headers") or _EMPTY
        record = Append(
            event.index,
            event.process,
            topic,
            partition,
            offset,
            str(given["key"]),
            given.get("value"),
            headers,
        )
        self._records[topic, partition, offset] = record
        self.views.appends.append(record)
        on_topic = self.views.by_topic.get(topic)
        if on_topic is None:
            on_topic = self.views.by_topic[topic] = []
        on_topic.append(record)

    def _deliver(self, event: Event) -> None:
        value = event.value
        record = self._records.get((value["topic"], value["partition"], value["offset"]))
        if record is not None:
            self.views.deliveries.append(Delivery(event.index, event.process, value["group"], record))

    def _entry(self, event: Event) -> None:
        """Take any other effect as an entry: a third party recorded it."""
        entry = Entry(event.index, event.process, event.name, event.value)
        self.views.entries.setdefault((event.process, event.name), []).append(entry)
