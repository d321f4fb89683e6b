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
    """Which change of the history it is, counted from 0."""

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
        "commits",
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
        self.commits: list[tuple[Change, ...]] = []
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
    """Makes the views of a history once. `keys` are the columns that tell the rows of a table apart."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Mapping[Place, tuple[str, ...]]) -> None:
        self._keys = keys

    def __call__(self, history: History) -> Views:
        """Return the views of `history`, shared by all that ask this object."""
        return history.view(self._read)

    def _read(self, history: History) -> Views:
        return _Reading(self._keys).read(history)


class _Reading:
    __slots__ = ("_changes", "_keys", "_records", "_rows", "views")

    def __init__(self, keys: Mapping[Place, tuple[str, ...]]) -> None:
        self.views = Views()
        self._keys = keys
        self._changes = -1
        self._rows: dict[Place, dict[Json, Change]] = {}
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
        rows = self._rows.setdefault(place, {})
        initial = self.views.initial.setdefault(place, [])
        for row in value["rows"]:
            self._changes = serial = self._changes + 1
            change = Change(event.index, event.process, *place, "insert", row, None, -1, serial)
            rows[self._key(place, row)] = change
            initial.append(change)

    def _commit(self, event: Event) -> None:
        at, process, db = event.index, event.process, event.value["db"]
        number = len(self.views.commits)
        commit: list[Change] = []
        for verb, table, row in event.value["writes"]:
            place = (db, table)
            rows = self._rows.get(place)
            if rows is None:
                rows = self._rows[place] = {}
                self.views.changes.setdefault(place, [])
            key = self._key(place, row)
            self._changes = serial = self._changes + 1
            change = Change(at, process, db, table, verb, row, rows.get(key), number, serial)
            rows[key] = change
            commit.append(change)
            changes = self.views.changes.get(place)
            if changes is None:
                changes = self.views.changes[place] = []
            changes.append(change)
        self.views.commits.append(tuple(commit))

    def _key(self, place: Place, row: Mapping[str, Json]) -> Json:
        columns = self._keys.get(place)
        if not columns:
            return row.get("id", row.get("name"))
        if len(columns) == 1:
            return row.get(columns[0])
        return tuple(row.get(column) for column in columns)

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
