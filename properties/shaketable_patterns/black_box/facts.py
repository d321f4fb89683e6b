"""The facts that a description observes in a history: the rows that count, and the records about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shaketable.descriptions.description import ObserveText
from shaketable.history import Event, History, Json

Row = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Committed:
    """A row that has to be announced: its first commit, and every content that it ever had."""

    at: int
    time_ms: int
    contents: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A record on the observed topic."""

    at: int
    time_ms: int
    offset: Json
    key: str
    event_id: Json
    value: Json


@dataclass(frozen=True, slots=True)
class Observation:
    """Rows by key, in the order of their commits, and announcements in the order of the topic."""

    rows: Mapping[str, Committed]
    announcements: tuple[Announcement, ...]


def observe(history: History, wanted: ObserveText) -> Observation:
    """Read out of `history` what `wanted` is about."""
    rows: dict[str, Committed] = {}
    found: list[Announcement] = []
    for event in history.events:
        if event.kind != "effect":
            continue
        if event.name == "commit":
            for row in _rows(event, wanted.database, wanted.table):
                if _agrees(row, wanted.where):
                    key = str(row.get(wanted.key))
                    rows.setdefault(key, Committed(event.index, event.time_ms)).contents.append(row)
        elif event.name == "append" and event.value["topic"] == wanted.topic:
            found += _announcement(event, wanted)
    return Observation(rows, tuple(found))


def committed(history: History, database: str, table: str) -> Iterator[tuple[int, Row]]:
    """Yield every content that rows of `table` ever had, each after the index of its commit."""
    for event in history.events:
        if event.kind == "effect" and event.name == "commit":
            for row in _rows(event, database, table):
                yield event.index, row


def published(history: History, topic: str) -> list[tuple[str, Json]]:
    """Return the key and the value of every record on `topic`."""
    return [
        (str(event.value["key"]), event.value["value"])
        for event in history.events
        if event.kind == "effect" and event.name == "append" and event.value["topic"] == topic
    ]


def _rows(commit: Event, database: str, table: str) -> Iterator[Row]:
    if commit.value["db"] == database:
        for verb, where, row in commit.value["writes"]:
            if verb != "delete" and where == table:
                yield row


def _announcement(append: Event, wanted: ObserveText) -> Iterator[Announcement]:
    value = append.value["value"]
    fields = value if isinstance(value, dict) else {}
    if _agrees(fields, wanted.only):
        event_id = fields.get(wanted.event_id)
        yield Announcement(
            append.index, append.time_ms, append.value["offset"], str(append.value["key"]), event_id, value
        )


def _agrees(fields: Row, wanted: Row) -> bool:
    return all(fields.get(name) == value for name, value in wanted.items())
