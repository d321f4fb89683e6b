"""What one observation of a description amounts to in a history: rows that count, and the records about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from shaketable.descriptions.description import ObserveText
from shaketable.history import Event, History, Json

Row = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Committed:
    """The first commit after which a row had to be announced: its event, and every content the row ever had."""

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
        if event.name == "commit" and event.value["db"] == wanted.database:
            for row in _rows(event, wanted):
                known = rows.setdefault(str(row.get(wanted.key)), Committed(event.index, event.time_ms))
                known.contents.append(row)
        elif event.name == "append" and event.value["topic"] == wanted.topic:
            found += _announcement(event, wanted)
    return Observation(rows, tuple(found))


def committed(history: History, database: str, table: str) -> list[Row]:
    """Every content that rows of `table` ever had."""
    return [
        row
        for event in history.events
        if event.kind == "effect" and event.name == "commit" and event.value["db"] == database
        for verb, where, row in event.value["writes"]
        if verb != "delete" and where == table
    ]


def published(history: History, topic: str) -> list[tuple[str, Json]]:
    """The key and the value of every record on `topic`."""
    return [
        (str(event.value["key"]), event.value["value"])
        for event in history.events
        if event.kind == "effect" and event.name == "append" and event.value["topic"] == topic
    ]


def unsettled(history: History) -> str:
    """Why nothing can be said about what should have happened by the end; "" when all is quiet."""
    for event in reversed(history.events):
        if event.kind == "phase" and event.name == "quiet":
            return "" if event.value["quiet"] else "never became quiet"
    return "the run did not reach its end"


def _rows(commit: Event, wanted: ObserveText) -> Iterator[Row]:
    for verb, table, row in commit.value["writes"]:
        if verb != "delete" and table == wanted.table and _agrees(row, wanted.where):
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
