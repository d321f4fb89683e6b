"""One pass over a history makes its index. It knows no pattern; linear, a few microseconds an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from shaketable.checkers.convergence import Phases
from shaketable.history import COMPLETIONS, Event, History, Json
from shaketable.mapping.history_index import Append, Change, Delivery, Entry, HistoryIndex, Place

_EMPTY: dict[str, Json] = {}


class Indexing:
    """Makes the index of a history once. `keys` are the tables that are looked at, with the columns that tell their rows apart."""

    __slots__ = ("_tables",)

    def __init__(self, keys: Mapping[Place, tuple[str, ...]]) -> None:
        self._tables = dict(keys)

    def __call__(self, history: History) -> HistoryIndex:
        """Return the index of `history`, shared by all whose tables it has.

        One that wants more tables shares what was read already, and takes the place of the one that had fewer.
        """
        made = history.view(_Made).indexes
        wanted = self._tables
        for tables, index in made:
            if wanted.items() <= tables.items():
                return index
        found = _Reading()
        for number, (tables, index) in enumerate(made):
            if _agree(tables, wanted):
                missing = {place: columns for place, columns in wanted.items() if place not in tables}
                made[number] = ({**tables, **wanted}, found.more(history, index, missing))
                return found.index
        found.read(history, wanted)
        made.append((wanted, found.index))
        return found.index


Tables = dict[Place, tuple[str, ...]]


def _agree(one: Tables, other: Tables) -> bool:
    """Tell whether the tables that both look at have the same key in both."""
    return all(other.get(place, columns) == columns for place, columns in one.items())


class _Made:
    """What was made out of one history, each with the tables that it looked at."""

    __slots__ = ("indexes",)

    def __init__(self, _: History) -> None:
        self.indexes: list[tuple[Tables, HistoryIndex]] = []


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
    __slots__ = ("_changes", "_keys", "_records", "_tables", "index")

    def __init__(self) -> None:
        self.index = HistoryIndex()
        self._keys: Mapping[Place, Key] = {}
        self._tables: dict[Place, _Table | None] = {}
        self._changes = 0
        self._records: dict[tuple[str, int, int], Append] = {}

    def more(self, history: History, known: HistoryIndex, tables: Tables) -> HistoryIndex:
        """Make the index that has `tables` too; it shares all else with the one that is known."""
        index = self.index = known.with_more()
        self._keys = {place: _key(columns) for place, columns in tables.items()}
        for event in history.events:
            if event.kind == "effect":
                if event.name == "commit":
                    self._commit(event)
            elif event.kind == "state":
                self._state(event)
        return index

    def read(self, history: History, tables: Tables) -> HistoryIndex:
        """Make the index with `tables` in one pass."""
        index = self.index
        self._keys = {place: _key(columns) for place, columns in tables.items()}
        index.events = history.events
        effects = {
            "commit": self._first_commit,
            "append": self._append,
            "deliver": self._deliver,
            "offsets": index.offsets.append,
            "poll": index.polls.append,
            "plan": index.plans.append,
            "prepare_transaction": index.prepared.append,
            "rollback_prepared": index.prepared.append,
        }
        kinds = {
            "invoke": index.invoked.append,
            "phase": self._phase,
            "state": self._state,
            "fault": index.faults.append,
        }
        returned = index.returned
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
        return index

    def _phase(self, event: Event) -> None:
        before = self.index.phases
        if event.name == "liveness":
            self.index.phases = Phases(event.index, before.quiet)
        elif event.name == "quiet":
            self.index.phases = Phases(before.liveness, bool(event.value and event.value.get("quiet")))

    def _state(self, event: Event) -> None:
        value = event.value
        if event.name != "rows" or type(value) is not dict:
            return
        place = (value["db"], value["table"])
        table = self._table(place)
        if table is None:
            self._changes += len(value["rows"])
            return
        initial = self.index.initial.setdefault(place, [])
        for row in value["rows"]:
            self._changes += 1
            change = Change(event.index, event.process, *place, "insert", row, None, -1, self._changes)
            table.now[table.key(row)] = change
            initial.append(change)

    def _first_commit(self, event: Event) -> None:
        if "prepared" in event.value:
            self.index.prepared.append(event)
        self._commit(event)

    def _commit(self, event: Event) -> None:
        at, process, db = event.index, event.process, event.value["db"]
        tables, number = self._tables, self._changes
        for verb, name, row in event.value["writes"]:
            place = (db, name)
            table = tables[place] if place in tables else self._table(place)
            number += 1
            if table is None:
                continue
            key, now = table.key(row), table.now
            change = Change(at, process, db, name, verb, row, now.get(key), at, number)
            now[key] = change
            table.changes.append(change)
        self._changes = number

    def _table(self, place: Place) -> _Table | None:
        """Return the table at this place; None if it is not looked at."""
        if place not in self._tables:
            key = self._keys.get(place)
            if key is None:
                self._tables[place] = None
            else:
                changes = self.index.changes[place] = []
                self._tables[place] = _Table(key, changes)
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
            given.get("broker_offset", offset),
        )
        self._records[topic, partition, offset] = record
        self.index.appends.append(record)
        on_topic = self.index.by_topic.get(topic)
        if on_topic is None:
            on_topic = self.index.by_topic[topic] = []
        on_topic.append(record)

    def _deliver(self, event: Event) -> None:
        value = event.value
        record = self._records.get((value["topic"], value["partition"], value["offset"]))
        if record is not None:
            self.index.deliveries.append(Delivery(event.index, event.process, value["group"], record))

    def _entry(self, event: Event) -> None:
        """Take any other effect as an entry: a third party recorded it."""
        entry = Entry(event.index, event.process, event.name, event.value)
        self.index.entries.setdefault((event.process, event.name), []).append(entry)
