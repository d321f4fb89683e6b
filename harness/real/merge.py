"""One history out of several records: what was written live, and what the oracles read afterwards, by time.

At equal times an append comes before a commit (a mark follows what it marks), and what was written live keeps
its own order. The run's namespace is taken off everything.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from harness.history import Event, History, Json, Kind

_APPEND, _LIVE, _COMMIT = 0, 1, 2


class Observed(msgspec.Struct, frozen=True):
    """An effect that an oracle read."""

    time_ms: int
    process: str
    name: str
    value: Json
    kind: Kind = "effect"


def merge(live: History, observed: Iterable[Observed], namespace: str) -> History:
    """The whole history, its events numbered anew."""
    entries: list[tuple[int, int, int, Event | Observed]] = []
    latest = 0
    for event in live.events:
        latest = max(latest, event.time_ms)  # the live record is in order, whatever its stamps say
        entries.append((latest, _LIVE, event.index, event))
    for n, effect in enumerate(observed):
        rank = _APPEND if effect.name == "append" else _COMMIT
        entries.append((effect.time_ms, rank, n, effect))
    entries.sort(key=lambda entry: entry[:3])
    places = {e.index: place for place, (_, _, _, e) in enumerate(entries) if isinstance(e, Event)}
    merged = History()
    for time_ms, _, _, entry in entries:
        ref = places.get(entry.ref, -1) if isinstance(entry, Event) else -1
        value = without(entry.value, namespace)
        merged.add(max(0, time_ms), entry.kind, entry.process, entry.name, value, ref)
    return merged


def without(value: Json, namespace: str) -> Json:
    """`value` with the namespace taken off every string and key."""
    if not namespace:
        return value
    if isinstance(value, str):
        return value.replace(namespace, "")
    if isinstance(value, dict):
        return {without(key, namespace): without(item, namespace) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without(item, namespace) for item in value]
    return value


def within(value: Json, fields: frozenset[str], namespace: str) -> Json:
    """`value` with the namespace put in front of the strings under `fields`, at any depth."""
    if isinstance(value, dict):
        return {
            key: namespace + item
            if key in fields and isinstance(item, str)
            else within(item, fields, namespace)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [within(item, fields, namespace) for item in value]
    return value
