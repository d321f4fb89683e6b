"""What was wrong when, and with whom: spans of time in which a process, or what is on its way to it, suffered a fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from shaketable.boundary import Boundary
from shaketable.mapping.calm_since import starvations_ms
from shaketable.mapping.history_index import HistoryIndex
from shaketable.profile import Profile

_SPANS = ("for_ms", "down_ms")
_DELAYS = ("delay_ms", "hold_ms")
_TOLD_OTHERWISE = ("clock_step", "crash", "restart")
"""A wall clock that steps is no excuse for anything; how long a process was down is told by itself."""


class Trouble(msgspec.Struct, frozen=True, gc=False):
    """From `begin_ms` to `end_ms` the `parties` suffered what the event `at` tells; no parties are all of them."""

    begin_ms: int
    end_ms: int
    kind: str
    parties: tuple[str, ...]
    at: int

    def within(self, begin_ms: int, end_ms: int) -> bool:
        """Tell whether it was, even for an instant, in a span."""
        return self.begin_ms <= end_ms and begin_ms <= self.end_ms

    def covers(self, begin_ms: int, end_ms: int) -> bool:
        """Tell whether it was so throughout a span."""
        return self.begin_ms <= begin_ms and end_ms <= self.end_ms

    def of(self, party: str) -> bool:
        """Tell whether it is of one of its parties."""
        return not self.parties or party in self.parties


def troubles_of(index: HistoryIndex, profile: Profile) -> list[Trouble]:
    """List the troubles of a run in the order in which they are told."""
    late_ms = profile.int("io_timeout_ms")
    busy = [Trouble(ms - late_ms, ms, "busy", (), -1) for ms in starvations_ms(index, profile)]
    return [*_outages(index), *_faults(index), *busy]


def lateness_ms(index: HistoryIndex, begin_ms: int, end_ms: int) -> int:
    """Return for how long a busy machine let nothing go on, all in all, in a span of time."""
    busy = [e for e in index.events if e.kind == "phase" and e.name == "busy" and isinstance(e.value, dict)]
    return sum(int(e.value.get("late_ms") or 0) for e in busy if begin_ms <= e.time_ms <= end_ms)


def _outages(index: HistoryIndex) -> Iterator[Trouble]:
    """Yield how long each process was down."""
    down: dict[str, tuple[int, int]] = {}
    for event in index.events:
        if event.kind == "crash":
            down.setdefault(event.process, (event.time_ms, event.index))
        elif event.kind == "restart" and event.process in down:
            begin_ms, at = down.pop(event.process)
            yield Trouble(begin_ms, event.time_ms, "down", (event.process,), at)
    for process, (begin_ms, at) in down.items():
        yield Trouble(begin_ms, index.events[-1].time_ms, "down", (process,), at)


def _faults(index: HistoryIndex) -> Iterator[Trouble]:
    """Yield the faults of links, of messages that met theirs, and of processes that stood still."""
    ends, landings = _ends(index), _landings(index)
    for fault in index.faults:
        said = fault.value if isinstance(fault.value, dict) else {}
        if fault.name in _TOLD_OTHERWISE:
            continue
        lasts_ms, late_ms = (max(int(said.get(name) or 0) for name in names) for names in (_SPANS, _DELAYS))
        if "sender" in said:
            end_ms = min(fault.time_ms + lasts_ms, ends.get(fault.index, index.events[-1].time_ms))
            link = str(said["sender"]), str(said["receiver"])
            yield Trouble(fault.time_ms, end_ms + 2 * late_ms, fault.name, link, fault.index)
        elif (landed := landings.get(fault.index)) is not None:
            parties = _at(said.get("at")) or (str(said.get("service", "")),)
            begin_ms, end_ms = landed
            yield Trouble(begin_ms - lasts_ms, end_ms + lasts_ms + late_ms, fault.name, parties, fault.index)


def _at(place: object) -> tuple[str, ...]:
    route = Boundary.parse(place).route if isinstance(place, str) else None
    return () if route is None else (route.sender, route.receiver)


def _landings(index: HistoryIndex) -> dict[int, tuple[int, int]]:
    """Return when each fault that landed did so for the first and for the last time, by its place in the history."""
    found: dict[int, tuple[int, int]] = {}
    for event in index.events:
        if event.kind in ("receipt", "heal") and event.ref >= 0:
            found[event.ref] = found.get(event.ref, (event.time_ms, 0))[0], event.time_ms
    return found


def _ends(index: HistoryIndex) -> dict[int, int]:
    """Return when each fault was healed, by its place in the history."""
    return {event.ref: event.time_ms for event in index.events if event.kind == "heal" and event.ref >= 0}


def throughout(troubles: Sequence[Trouble], begin_ms: int, end_ms: int) -> bool:
    """Tell whether at every instant of a span at least one of these was in force."""
    reached_ms = begin_ms
    for trouble in sorted(troubles, key=lambda one: one.begin_ms):
        if trouble.begin_ms > reached_ms:
            break
        reached_ms = max(reached_ms, trouble.end_ms)
    return reached_ms >= end_ms
