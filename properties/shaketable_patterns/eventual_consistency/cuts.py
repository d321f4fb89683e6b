"""When a copy was cut off from the majority: partitions that were in force, both ways."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.history import Op
from shaketable.mapping.history_index import HistoryIndex

Span = tuple[int, int]
_SPANS = ("for_ms", "down_ms", "delay_ms", "hold_ms")
_AFTERMATH_MS = 10_000
"""So long after another fault a copy may still wait for what it left, such as a lock."""
_MARGIN_MS = 50
"""At its edges a partition may be told a moment before it is in force, and after it is over."""


class Cuts:
    """The partitions between copies, as spans of time by sender and receiver, and the spans of all other faults."""

    __slots__ = ("_copies", "_links", "_others", "_restarted")

    def __init__(self, copies: Sequence[str], index: HistoryIndex) -> None:
        self._copies = copies
        self._links: dict[tuple[str, str], list[Span]] = {}
        self._others: list[Span] = []
        self._restarted = {event.process for event in index.events if event.kind == "crash"}
        over, landed = _ends(index), _landings(index)
        for fault in index.faults:
            said = fault.value if isinstance(fault.value, dict) else {}
            lasts_ms = max((int(said[name]) for name in _SPANS if isinstance(said.get(name), int)), default=0)
            link = str(said.get("sender")), str(said.get("receiver"))
            if fault.name == "partition" and set(link) <= set(copies):
                end_ms = over.get(fault.index, index.events[-1].time_ms)
                self._links.setdefault(link, []).append(
                    (fault.time_ms, min(fault.time_ms + lasts_ms, end_ms))
                )
                continue
            if fault.index in landed:
                self._others.append((fault.time_ms, landed[fault.index] + lasts_ms + _AFTERMATH_MS))

    def was_in_minority(self, copy: str, op: Op) -> bool:
        """Tell whether a copy could reach no majority, nor be reached by one, for as long as an op was under way."""
        if op.completed is None or copy not in self._copies:
            return False
        begun_ms, ended_ms = op.invoked.time_ms - _MARGIN_MS, op.completed.time_ms + _MARGIN_MS
        cut = [
            other
            for other in self._copies
            if other != copy
            and _covers(self._links.get((copy, other), ()), begun_ms, ended_ms)
            and _covers(self._links.get((other, copy), ()), begun_ms, ended_ms)
        ]
        return 2 * (len(self._copies) - len(cut)) <= len(self._copies)

    def was_well(self, op: Op) -> bool:
        """Tell whether nothing but partitions between copies was wrong, nor had been a moment before an op."""
        begun_ms = op.invoked.time_ms
        ended_ms = begun_ms if op.completed is None else op.completed.time_ms
        return not any(begin_ms <= ended_ms and begun_ms <= end_ms for begin_ms, end_ms in self._others)

    def may_know_nothing(self, copy: str, by_ms: int) -> bool:
        """Tell whether a copy may have forgotten what it heard, or was cut off before it had been up for so long."""
        spans = [span for link, spans in self._links.items() if copy in link for span in spans]
        return copy in self._restarted or any(begin_ms < by_ms for begin_ms, _ in spans)


def _landings(index: HistoryIndex) -> dict[int, int]:
    """Return when each fault that landed did so for the last time, by its place in the history."""
    return {e.ref: e.time_ms for e in index.events if e.kind in ("receipt", "crash", "restart")}


def _ends(index: HistoryIndex) -> dict[int, int]:
    """Return when each fault was healed before its time, by its place in the history."""
    found: dict[int, int] = {}
    heals = [
        e for e in index.events if e.kind == "heal" or (e.kind == "phase" and e.name in ("heal", "liveness"))
    ]
    for fault in index.faults:
        for event in heals:
            if event.index > fault.index and (event.kind == "phase" or event.ref == fault.index):
                found[fault.index] = event.time_ms
                break
    return found


def _covers(spans: Sequence[Span], begun_ms: int, ended_ms: int) -> bool:
    return any(begin_ms <= begun_ms and ended_ms <= end_ms for begin_ms, end_ms in spans)
