"""When a copy was cut off from the majority: partitions that were in force, both ways."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.history import Op
from shaketable.mapping.history_index import HistoryIndex

Span = tuple[int, int]
_MARGIN_MS = 50
"""At its edges a partition may be told a moment before it is in force, and after it is over."""


class Cuts:
    """The partitions between copies, as spans of time by sender and receiver, and when a copy was away itself."""

    __slots__ = ("_away", "_copies", "_links")

    def __init__(self, copies: Sequence[str], index: HistoryIndex) -> None:
        self._copies = copies
        self._links: dict[tuple[str, str], list[Span]] = {}
        self._away: dict[str, list[Span]] = {}
        over = _ends(index)
        for fault in index.faults:
            said = fault.value if isinstance(fault.value, dict) else {}
            lasts_ms = int(said.get("for_ms") or said.get("down_ms") or 0)
            span = (
                fault.time_ms,
                min(fault.time_ms + lasts_ms, over.get(fault.index, index.events[-1].time_ms)),
            )
            if fault.name == "partition":
                self._links.setdefault((str(said["sender"]), str(said["receiver"])), []).append(span)
            elif said.get("service") in copies:
                self._away.setdefault(str(said["service"]), []).append(span)

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

    def was_well(self, copy: str, op: Op) -> bool:
        """Tell whether nothing but partitions between copies kept one from answering: it was up, and its client reached it."""
        begun_ms = op.invoked.time_ms
        ended_ms = begun_ms if op.completed is None else op.completed.time_ms
        away = (
            *self._away.get(copy, ()),
            *self._links.get(("client", copy), ()),
            *self._links.get((copy, "postgres"), ()),
        )
        return not any(begin_ms <= ended_ms and begun_ms <= end_ms for begin_ms, end_ms in away)

    def may_know_nothing(self, copy: str, by_ms: int) -> bool:
        """Tell whether a copy may have forgotten what it heard, or was cut off before it had been up for so long."""
        spans = [span for link, spans in self._links.items() if copy in link for span in spans]
        return copy in self._away or any(begin_ms < by_ms for begin_ms, _ in spans)


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
