"""What every pattern's facts are made from: changes by table, records by topic, calls by route.

It only points back in time, never in a circle: the garbage collector need not look at it (`gc=False`).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

import msgspec

from shaketable.checkers.convergence import Phases
from shaketable.history import Event, Json, Op
from shaketable.mapping.value_paths import Source

Place = tuple[str, str]
"""A database and a table; or a third party and a route."""
V = TypeVar("V")
CLIENT = "client"
"""The process under which a history tells what the harness itself does to the subject."""


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
    """The commit that this belongs to, by its place in the history; -1 for rows that were there before the run."""
    number: int
    """Which row of the history it is, counted from 1 over all that were committed or were there before."""

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
    broker_offset: int
    """Its offset as its consumers see it: on servers that are kept from run to run another one than `offset`."""

    @property
    def place(self) -> str:
        """The name that consumers have for a record which says none."""
        return f"{self.topic}/{self.partition}/{self.broker_offset}"


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


class HistoryIndex:
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
        "plans",
        "polls",
        "prepared",
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
        self.plans: list[Event] = []
        self.prepared: list[Event] = []
        """Transactions as they are prepared, and the ends of those that were."""
        self.faults: list[Event] = []
        self.invoked: list[Event] = []
        self.returned: dict[int, Event] = {}
        self.phases = Phases(-1, None)
        self.made: dict[Hashable, Any] = {}
        """What was made out of this index already: several roles name the same."""

    def with_more(self) -> HistoryIndex:
        """Return an index that shares all of this one, to be given the changes of further tables."""
        more = HistoryIndex()
        for name in self.__slots__:
            setattr(more, name, getattr(self, name))
        more.changes, more.initial, more.made = dict(self.changes), dict(self.initial), {}
        return more

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
