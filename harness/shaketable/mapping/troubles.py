"""What went wrong in a run and when, and when a server could not be reached."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from shaketable.history import Event, Json
from shaketable.mapping.history_index import HistoryIndex

_DELAYS = frozenset({"hold", "latency", "pause"})
"""Faults after which nothing is lost, if they are short: what was late arrives."""
SETTLED_MS = 100
"""Commits, changes of the store and answers are told a moment before or after they can be seen, on real servers at least."""


class Trouble(msgspec.Struct, frozen=True, gc=False):
    """Something that was wrong from `begin_ms` to `end_ms`; one that only `delays` loses nothing.

    While the machine was `busy`, real time-outs may have run out although nothing failed.
    """

    begin_ms: int
    end_ms: int
    delays: bool
    fault: Event
    busy: bool = False


def read_troubles(index: HistoryIndex, patience_ms: int) -> list[Trouble]:
    """Return what went wrong, by when it began. A delay of less than half of `patience_ms` makes no one give up."""
    faults = {fault.index: fault for fault in index.faults}
    healed = {event.ref: event.time_ms for event in index.events if event.kind == "heal" and event.ref >= 0}
    found: list[Trouble] = []
    for event in index.events:
        if event.kind == "receipt" and event.ref in faults:
            fault = faults[event.ref]
            lasts_ms = _number(fault.value, "for_ms") or _number(fault.value, "down_ms")
            late_ms = _number(fault.value, "delay_ms") or lasts_ms
            delays = fault.name in _DELAYS and late_ms < patience_ms // 2
            end_ms = min(event.time_ms + lasts_ms, healed.get(event.ref, event.time_ms + lasts_ms))
            found.append(Trouble(event.time_ms, max(end_ms, event.time_ms), delays, fault))
        elif event.kind in ("crash", "restart"):
            found.append(Trouble(event.time_ms, event.time_ms, False, event))
        elif event.kind == "phase" and event.name == "busy":
            found.append(Trouble(event.time_ms, event.time_ms, False, event, busy=True))
    found.sort(key=lambda one: one.begin_ms)
    return found


class Outage(msgspec.Struct, frozen=True, gc=False):
    """The store could not be reached from `begin_ms` to `end_ms`, and `fault` is why."""

    begin_ms: int
    end_ms: int
    fault: Event

    def spans(self, begin_ms: int, end_ms: int) -> bool:
        """Tell whether all of this time lies within, with a moment to spare."""
        return self.begin_ms + SETTLED_MS <= begin_ms and end_ms <= self.end_ms


def read_outages(troubles: Iterable[Trouble], store: str, part: str) -> list[Outage]:
    """Return when the power of `store` was off, or all instances of `part` were cut off from it."""
    found = []
    for one in troubles:
        value = one.fault.value if isinstance(one.fault.value, dict) else {}
        off = one.fault.name == "crash" and value.get("service") == store
        cut = one.fault.name == "partition" and (value.get("sender"), value.get("receiver")) == (part, store)
        if (off or cut) and one.end_ms > one.begin_ms:
            found.append(Outage(one.begin_ms, one.end_ms, one.fault))
    return found


def _number(value: Json, name: str) -> int:
    found = value.get(name) if isinstance(value, dict) else None
    return int(found) if isinstance(found, int) else 0
