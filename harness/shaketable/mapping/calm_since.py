"""The calm of a run: from when on nothing was wrong any more, so that what is asked for must succeed."""

from __future__ import annotations

from collections.abc import Mapping

from shaketable.history import Json
from shaketable.mapping.history_index import HistoryIndex
from shaketable.profile import Profile

_IO_TIMEOUT_MS = 5_000
"""What a client waits for its answer, where the profile does not say."""
_TIME_OUTS = 3
"""So many waits in a row may end after what caused the first is over: a request, what it had to ask for, and a repetition."""


def io_timeout_ms(profile: Profile) -> int:
    """Return how long the subject's clients wait for an answer."""
    return int(profile.knobs.get("io_timeout_ms", _IO_TIMEOUT_MS))


def patience_ms(profile: Profile) -> int:
    """Return how long after the begin of calm a fault can still have its consequences: all time-outs that it can cause."""
    return _TIME_OUTS * io_timeout_ms(profile)


def calm_since_ms(index: HistoryIndex) -> int:
    """Return the time from which on nothing was wrong: no fault that had landed, and no busy machine; 0 if from the beginning."""
    return max(healed_since_ms(index), busy_until_ms(index))


def healed_since_ms(index: HistoryIndex) -> int:
    """Return the time at which the last fault that landed at all was over; 0 when none landed."""
    since_ms = 0
    lasting = {fault.index: fault for fault in index.faults}
    for event in index.events:
        if event.kind == "receipt" and event.ref in lasting:
            value = lasting[event.ref].value
            value = value if isinstance(value, dict) else {}
            since_ms = max(since_ms, event.time_ms + int(value.get("for_ms") or value.get("down_ms") or 0))
        elif event.kind in ("heal", "restart", "crash"):
            since_ms = max(since_ms, event.time_ms)
    return since_ms


def busy_until_ms(index: HistoryIndex) -> int:
    """Return the time at which processes waited for a processor for the last time; 0 if never (phase `busy` of a real run)."""
    busy = (e.time_ms for e in reversed(index.events) if e.kind == "phase" and e.name == "busy")
    return next(busy, 0)


def starvations_ms(index: HistoryIndex, profile: Profile) -> list[int]:
    """Return the times at which the machine had let so little go on that time-outs ran out although nothing failed.

    A busy machine is late by a bit all the time; what is late by half a time-out within one look may miss an answer.
    """
    limit_ms = io_timeout_ms(profile) // 2
    busy = (event for event in index.events if event.kind == "phase" and event.name == "busy")
    return [e.time_ms for e in busy if isinstance(e.value, dict) and _late_ms(e.value) >= limit_ms]


def _late_ms(told: Mapping[str, Json]) -> int:
    late_ms = told.get("late_ms")
    return late_ms if isinstance(late_ms, int) else 0
