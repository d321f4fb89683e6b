"""What was wrong from when to when, and at whom: a third party outside, or anything of the subject itself."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shaketable.boundary import Boundary
from shaketable.history import Event, Json
from shaketable.mapping.history_index import CLIENT, HistoryIndex

_LASTS = ("for_ms", "down_ms", "delay_ms", "after_ms")
_BUSY_SEEN_MS = 10_000
"""That the machine was busy is told up to a quarter of a real second later: so much by the fastest schedule's clock."""


class Trouble(msgspec.Struct, frozen=True, gc=False):
    """Something that was wrong from `begin_ms` to `end_ms`. `at` is the third party that it concerned, "" if it was the subject itself."""

    begin_ms: int
    end_ms: int
    at: str
    fault: Event


class Troubles:
    """All that went wrong in a run with these third parties, in order of its begin."""

    __slots__ = ("_busy_ms", "all", "crashes_ms", "doubled_ms")

    def __init__(self, index: HistoryIndex, outside: frozenset[str]) -> None:
        self.all = sorted(_read(index, outside), key=lambda one: one.begin_ms)
        self.crashes_ms = [e.time_ms for e in index.events if e.kind == "crash" and e.process not in outside]
        self._busy_ms = [e.time_ms for e in index.events if e.kind == "phase" and e.name == "busy"]
        self.doubled_ms = [one.begin_ms for one in self.all if one.fault.name == "duplicate"]

    def within(self, begin_ms: int, end_ms: int, *at: str) -> list[Trouble]:
        """Return what was wrong within a time at one of these parties."""
        return [one for one in self.all if one.at in at and one.begin_ms <= end_ms and begin_ms <= one.end_ms]

    def was_busy(self, begin_ms: int, end_ms: int) -> bool:
        """Tell whether the machine may have been too busy for anything to be in time."""
        return any(begin_ms <= at_ms <= end_ms + _BUSY_SEEN_MS for at_ms in self._busy_ms)


def _read(index: HistoryIndex, outside: frozenset[str]) -> Iterator[Trouble]:
    faults = {fault.index: fault for fault in index.faults}
    heals = {event.ref: event.time_ms for event in index.events if event.kind == "heal"}
    all_ms = [e.time_ms for e in index.events if e.kind == "phase" and e.name in ("heal", "liveness")]
    for event in index.events:
        if event.kind == "receipt" and event.ref in faults:
            fault = faults[event.ref]
            said = fault.value if isinstance(fault.value, dict) else {}
            # What lasts began when it was put in, whenever it was first met.
            begin_ms = event.time_ms if "at" in said else fault.time_ms
            last_ms = begin_ms + max((_number(said.get(name)) for name in _LASTS), default=0)
            healed_ms = heals.get(fault.index) or next((ms for ms in all_ms if ms >= begin_ms), last_ms)
            end_ms = max(event.time_ms, min(last_ms, healed_ms))
            yield Trouble(begin_ms, end_ms, _at(said, outside), fault)
        elif event.kind in ("crash", "restart"):
            at = event.process if event.process in outside else ""
            yield Trouble(event.time_ms, event.time_ms, at, event)


def _at(said: dict[str, Json], outside: frozenset[str]) -> str:
    parties = [str(said[name]) for name in ("sender", "receiver", "service") if name in said]
    if "at" in said:
        parties = list(Boundary.parse(str(said["at"])).route[:2])
    known = [party for party in parties if party in outside]
    return known[0] if known and CLIENT not in parties else ""


def _number(value: Json) -> int:
    return value if isinstance(value, int) else 0
