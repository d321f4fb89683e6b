"""The history of one run: an append-only list of events, and the ops read out of it.

Checkers see only this. It knows no world: a history read from a file is judged exactly like a live one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, TypeVar

import msgspec

from shaketable.access import Access
from shaketable.ports import Json as Json

Kind = Literal[
    "invoke",  # a client starts an op
    "ok",  # it happened
    "fail",  # it certainly did not happen
    "info",  # indeterminate: timeout, reset, lost reply
    "effect",  # seen by an oracle outside the subject (commit, append, charge, ...)
    "fault",  # a fault was armed or injected
    "receipt",  # proof that it landed; `ref` is the fault's index
    "heal",  # a fault ended
    "crash",  # a process lost power
    "restart",  # and came back
    "phase",  # safety, heal, liveness, quiet; busy: a real machine had no processor for the run
    "state",  # what an oracle read at the end
]
COMPLETIONS = ("ok", "fail", "info")

V = TypeVar("V")


class Event(msgspec.Struct, frozen=True, gc=False):
    """One thing that happened. `ref` is the index of the event it answers, or -1.

    Its value is JSON, which has no circles: the garbage collector need not look at it (`gc=False`).
    """

    index: int
    time_ms: int
    kind: Kind
    process: str
    name: str
    value: Json = None
    ref: int = -1


class Op(msgspec.Struct, frozen=True, gc=False):
    """One client operation: its invocation and, unless the run ended first, its completion."""

    invoked: Event
    completed: Event | None

    @property
    def name(self) -> str:
        return self.invoked.name

    @property
    def outcome(self) -> str:
        """The kind of its completion: ok, fail or info; an op that never returned is info."""
        return "info" if self.completed is None else self.completed.kind

    @property
    def result(self) -> Json:
        return None if self.completed is None else self.completed.value


class History:
    """An append-only sequence of events with a memo of the views that checkers derive from it.

    `accesses` are what was read and written at the servers, in order, of a traced run in a world that knows; checkers judge without them.
    """

    __slots__ = ("_views", "accesses", "events")

    def __init__(self, events: list[Event] | None = None, accesses: list[Access] | None = None) -> None:
        self.events: list[Event] = [] if events is None else events
        self.accesses: list[Access] = [] if accesses is None else accesses
        self._views: dict[tuple[Callable[[History], object], int], object] = {}

    def __len__(self) -> int:
        return len(self.events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __getitem__(self, index: int) -> Event:
        return self.events[index]

    def add(
        self, time_ms: int, kind: Kind, process: str, name: str, value: Json = None, ref: int = -1
    ) -> int:
        """Append one event and return its index. The caller gives up `value`: it is kept, not copied."""
        index = len(self.events)
        self.events.append(Event(index, time_ms, kind, process, name, value, ref))
        return index

    def view(self, build: Callable[[History], V]) -> V:
        """Return `build(self)`, computed once for a finished history (several checkers share one reading)."""
        key = (build, len(self.events))
        if key not in self._views:
            self._views[key] = build(self)
        return self._views[key]  # type: ignore[return-value]

    def forget(self, reader: object) -> None:
        """Drop the views that `reader` built, by itself or by a method of its own: all who look at them have."""
        for key in list(self._views):
            build, _ = key
            if getattr(build, "__self__", build) is reader:
                del self._views[key]

    def ops(self) -> list[Op]:
        """Return every op in order of invocation."""
        return list(self.view(_pair))


def _pair(history: History) -> list[Op]:
    done: dict[int, Event] = {}
    for event in history.events:
        if event.kind in COMPLETIONS and event.ref >= 0:
            done.setdefault(event.ref, event)
    return [Op(e, done.get(e.index)) for e in history.events if e.kind == "invoke"]
