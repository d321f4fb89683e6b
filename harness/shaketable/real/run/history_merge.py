"""The one history of a real run, merged from the effects that its oracles saw and the live record.

At equal times an append comes before a commit (a mark follows what it marks), and what was written live keeps
its own order. The run's namespace is taken off everything; what an earlier run left unfinished is no part of this one.
"""

from __future__ import annotations

from collections.abc import Iterable

from shaketable.history import Event, History
from shaketable.real.oracles.oracle import Observed
from shaketable.real.stack.namespace import Namespace

_APPEND, _LIVE, _COMMIT = 0, 1, 2


def merge(live: History, observed: Iterable[Observed], namespace: Namespace) -> History:
    """Return the whole history, its events numbered anew."""
    entries: list[tuple[int, int, int, Event | Observed]] = []
    latest = 0
    for event in live.events:
        latest = max(latest, event.time_ms)  # the live record is in order, whatever its stamps say
        entries.append((latest, _LIVE, event.index, event))
    for n, effect in enumerate(observed):
        if namespace.is_of_another_run(effect.value):
            continue
        rank = _APPEND if effect.name == "append" else _COMMIT
        entries.append((effect.time_ms, rank, n, effect))
    entries.sort(key=lambda entry: entry[:3])
    places = {e.index: place for place, (_, _, _, e) in enumerate(entries) if isinstance(e, Event)}
    merged = History()
    for time_ms, _, _, entry in entries:
        ref = places.get(entry.ref, -1) if isinstance(entry, Event) else -1
        value = namespace.off_in(entry.value)
        merged.add(max(0, time_ms), entry.kind, entry.process, entry.name, value, ref)
    return merged
