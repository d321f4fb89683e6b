"""The calm of a run: from when on nothing was wrong any more, so that what is asked for must succeed."""

from __future__ import annotations

from shaketable.mapping.history_index import HistoryIndex


def calm_since_ms(index: HistoryIndex) -> int:
    """Return the time at which the last fault that landed at all was over, and no process waited for a processor; 0 if always."""
    since_ms = 0
    lasting = {fault.index: fault for fault in index.faults}
    for event in index.events:
        if event.kind == "receipt" and event.ref in lasting:
            value = lasting[event.ref].value
            value = value if isinstance(value, dict) else {}
            since_ms = max(since_ms, event.time_ms + int(value.get("for_ms") or value.get("down_ms") or 0))
        elif event.kind in ("heal", "restart", "crash") or (event.kind == "phase" and event.name == "busy"):
            since_ms = max(since_ms, event.time_ms)
    return since_ms
