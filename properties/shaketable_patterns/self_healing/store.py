"""What the store holds at each moment: sorted sets and copies, folded out of its changes and its losses."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shaketable.history import Event
from shaketable.mapping.history_index import HistoryIndex


class StoreChange(msgspec.Struct, frozen=True, gc=False):
    """One change of the store. `op` is the command as the worlds tell it; LOSS: everything was forgotten; EVICTED: one key was."""

    at: int
    time_ms: int
    op: str
    key: str
    value: object


def changes_of_store(index: HistoryIndex, store: str) -> list[StoreChange]:
    """Return every change in order; a store that is lost, or loses its power, forgets everything."""
    return index.once(("store", store), lambda: list(_read(index, store)))


def _read(index: HistoryIndex, store: str) -> Iterator[StoreChange]:
    losses = {fault.index for fault in index.faults if fault.name == "cache_loss" and _is_at(fault, store)}
    evictions = {
        fault.index for fault in index.faults if fault.name == "key_eviction" and _is_at(fault, store)
    }
    for event in index.events:
        if event.kind == "receipt" and event.ref in evictions:
            for key in event.value["keys"]:
                yield StoreChange(event.index, event.time_ms, "EVICTED", str(key), None)
        elif event.kind == "effect" and event.name == "cache":
            yield _told(event)
        elif (event.kind == "receipt" and event.ref in losses) or (
            event.kind == "crash" and event.process == store
        ):
            yield StoreChange(event.index, event.time_ms, "LOSS", "", None)


def _is_at(fault: Event, store: str) -> bool:
    return isinstance(fault.value, dict) and fault.value.get("service") == store


def _told(event: Event) -> StoreChange:
    said = event.value
    op = "LOSS" if said["op"] == "FLUSHALL" else str(said["op"])
    return StoreChange(event.index, event.time_ms, op, str(said["key"]), said["value"])


class SortedSets:
    """The sorted sets as they are at some moment."""

    __slots__ = ("of", "unread")

    def __init__(self) -> None:
        self.of: dict[str, dict[str, float]] = {}
        self.unread: set[str] = set()
        """Keys of which a command was not understood: what they hold is not known any more."""

    def take(self, change: StoreChange) -> list[str] | None:
        """Go on by one change; return the keys that may have changed, None for all."""
        match change.op, change.value:
            case "LOSS", _:
                self.of.clear()
                self.unread.clear()
                return None
            case "ZADD", [member, score]:
                self.of.setdefault(change.key, {})[str(member)] = float(str(score))
            case "ZREM", member:
                self.of.get(change.key, {}).pop(str(member), None)
            case "RENAME", new_key:
                self._renamed(change.key, str(new_key))
                return [change.key, str(new_key)]
            case "UNREAD", _:
                self.unread.add(change.key)
            case _:  # DEL, EVICTED, and SET, which replaces it
                self.of.pop(change.key, None)
                self.unread.discard(change.key)
        return [change.key]

    def _renamed(self, key: str, new_key: str) -> None:
        self.of.pop(new_key, None)
        self.unread.discard(new_key)
        if key in self.of:
            self.of[new_key] = self.of.pop(key)
        if key in self.unread:
            self.unread.discard(key)
            self.unread.add(new_key)
