"""What was wrong with a queue in the store, and for how long: entries that lack, that are left, and that came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from shaketable_patterns.self_healing.facts import Entry, SelfHealingFacts
from shaketable_patterns.self_healing.store import SortedSets, StoreChange, changes_of_store

Kind = Literal["", "missing", "left", "back"]


class Wrong(msgspec.Struct, gc=False):
    """An entry that waits and is `missing`, or that does not wait and is `left` there or came `back`, for some time."""

    kind: Kind
    entry: Entry
    since: int
    since_ms: int
    until: int = -1
    until_ms: int = -1


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    """The sorted sets at some moment: by key, each entry that waits then and is there, in the order of the store."""

    at_ms: int
    queues: dict[str, list[Entry]]


class QueueState:
    """Everything that was wrong with the queues of a history, and how they stood at the moments `samples`."""

    __slots__ = ("_by_key", "_open", "_sets", "snapshots", "wrongs")

    def __init__(self, facts: SelfHealingFacts, samples: Iterable[int]) -> None:
        assert facts.queue is not None
        self.wrongs: list[Wrong] = []
        self.snapshots: list[Snapshot] = []
        self._open: dict[tuple[str, str], Wrong] = {}
        self._sets = SortedSets()
        self._by_key: dict[str, dict[str, Entry]] = {}
        entries = [entry for known in facts.entries().values() for entry in known]
        for entry in entries:
            self._by_key.setdefault(entry.key, {})[entry.member] = entry
        left = list(samples)
        for at, time_ms, what in _merged(facts, entries):
            while left and left[0] < time_ms:
                self.snapshots.append(self._snapshot(left.pop(0)))
            self._take(at, time_ms, what)
        self.snapshots += [self._snapshot(moment) for moment in left]
        for wrong in self._open.values():
            wrong.until, wrong.until_ms = len(facts.index.events) - 1, facts.end_ms

    def _take(self, at: int, time_ms: int, what: StoreChange | Entry) -> None:
        if isinstance(what, Entry):
            self._look(what, at, time_ms)
            return
        keys = self._sets.take(what)
        for key in self._by_key if keys is None else keys:
            for entry in self._by_key.get(key, {}).values():
                self._look(entry, at, time_ms)

    def _look(self, entry: Entry, at: int, time_ms: int) -> None:
        known_as = entry.key, entry.member
        before = self._open.get(known_as)
        kind = self._kind(entry, at, "" if before is None else before.kind)
        if before is not None and before.kind == kind:
            return
        if before is not None:
            before.until, before.until_ms = at, time_ms
            del self._open[known_as]
        if kind:
            wrong = self._open[known_as] = Wrong(kind, entry, at, time_ms)
            self.wrongs.append(wrong)

    def _kind(self, entry: Entry, at: int, was: Kind) -> Kind:
        if entry.key in self._sets.unread:
            return ""
        there = entry.member in self._sets.of.get(entry.key, {})
        waits = _waits(entry, at)
        if waits or not there:
            return "missing" if waits and not there else ""
        if was in ("left", "back"):
            return was
        ended = [spell.ended for spell in entry.spells if 0 <= spell.ended <= at]
        return "back" if ended and max(ended) < at else "left"

    def _snapshot(self, at_ms: int) -> Snapshot:
        queues = {}
        for key, members in self._sets.of.items():
            known = self._by_key.get(key)
            if known is None or key in self._sets.unread:
                continue
            ordered = sorted(members, key=lambda member: (members[member], member))
            queues[key] = [
                known[member]
                for member in ordered
                if member in known and known[member].waits_within(at_ms, at_ms)
            ]
        return Snapshot(at_ms, queues)


def _waits(entry: Entry, at: int) -> bool:
    return any(spell.begun <= at and (spell.ended < 0 or spell.ended > at) for spell in entry.spells)


def _merged(
    facts: SelfHealingFacts, entries: Iterable[Entry]
) -> Iterator[tuple[int, int, StoreChange | Entry]]:
    """Yield the changes of rows and of the store, in the order of the history."""
    assert facts.queue is not None
    found: list[tuple[int, int, StoreChange | Entry]] = []
    for entry in entries:
        for spell in entry.spells:
            found.append((spell.begun, spell.begun_ms, entry))
            if spell.ended >= 0:
                found.append((spell.ended, spell.ended_ms, entry))
    found += [
        (change.at, change.time_ms, change) for change in changes_of_store(facts.index, facts.queue.store)
    ]
    found.sort(key=lambda one: one[0])
    return iter(found)
