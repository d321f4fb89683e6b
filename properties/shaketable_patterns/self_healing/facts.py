"""What a self-healing queue's history came to: who waited when, what the store held, and what was asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import msgspec

from shaketable.checkers.conservation import Quantity
from shaketable.errors import UnreadableValue
from shaketable.history import Op
from shaketable.mapping.conditions import holds
from shaketable.mapping.facts_reader import FactsReader
from shaketable.mapping.history_index import Change, HistoryIndex
from shaketable.mapping.instant import epoch_ms, instant
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.quantity import quantity
from shaketable.mapping.roles import Rows
from shaketable.mapping.troubles import read_troubles
from shaketable.mapping.value_paths import Part, Source, compiled, text
from shaketable.profile import Profile
from shaketable_patterns.self_healing.deadlines import Deadlines
from shaketable_patterns.self_healing.roles import (
    REDIS,
    Copy,
    Invalidation,
    Listing,
    Lookup,
    Queue,
    Seating,
    Standing,
)


class Spell(msgspec.Struct, gc=False):
    """An entry waits from one moment to another at one place of one order.

    `ended` is the index at which it ceased, or at which its row gave it another place or order; -1 while it waits so.
    """

    begun: int
    begun_ms: int
    place: str
    order: Quantity
    tie: str
    ended: int = -1
    ended_ms: int = -1


class Entry(msgspec.Struct, gc=False):
    """One entry of a sorted set, and when it waited. A row that goes over into another sorted set has one there too."""

    of: str
    key: str
    member: str
    spells: list[Spell]

    def spell_throughout(self, begin_ms: int, end_ms: int) -> Spell | None:
        """Return the spell that lasts all the time from one moment to another; None without one."""
        spells = (
            one
            for one in self.spells
            if one.begun_ms <= begin_ms and (one.ended < 0 or one.ended_ms > end_ms)
        )
        return next(spells, None)

    def last_spell(self, at_ms: int) -> Spell:
        """Return the last spell that had begun at a moment, or else the first."""
        begun = [one for one in self.spells if one.begun_ms <= at_ms]
        return begun[-1] if begun else self.spells[0]

    def waits_within(self, begin_ms: int, end_ms: int) -> bool:
        """Tell whether it waits at any time from one moment to another."""
        return any(
            one.begun_ms <= end_ms and (one.ended < 0 or one.ended_ms >= begin_ms) for one in self.spells
        )

    def changed_before_ms(self, at_ms: int) -> int:
        """Return when it last began or ceased to wait before a moment."""
        times = [time for one in self.spells for time in (one.begun_ms, one.ended_ms) if time <= at_ms]
        return max(times, default=0)


class Asked(msgspec.Struct, frozen=True, gc=False):
    """An op that asked something, with the times between which its answer is so."""

    op: Op
    of: str
    said: object

    @property
    def at(self) -> int:
        """The index at which it was asked."""
        return self.op.invoked.index

    @property
    def returned(self) -> int:
        """The index of its answer; -1 without one."""
        return -1 if self.op.completed is None else self.op.completed.index

    @property
    def begin_ms(self) -> int:
        return self.op.invoked.time_ms

    @property
    def end_ms(self) -> int:
        return self.op.invoked.time_ms if self.op.completed is None else self.op.completed.time_ms


class SelfHealingFacts:
    """What happened to queues and copies."""

    __slots__ = ("copies", "index", "invalidations", "listings", "lookups", "queue", "seatings", "standings")

    def __init__(self, mapping: Mapping, index: HistoryIndex) -> None:
        self.index = index
        self.queue = next(iter(mapping.of(Queue)), None)
        self.listings = mapping.of(Listing)
        self.standings = mapping.of(Standing)
        self.seatings = mapping.of(Seating)
        self.copies = mapping.of(Copy)
        self.lookups = mapping.of(Lookup)
        self.invalidations = mapping.of(Invalidation)

    def deadlines(self, profile: Profile) -> Deadlines:
        """Return by when what was wrong has to be right again."""
        return self.index.once(
            ("deadlines", repr(profile)),
            lambda: Deadlines(read_troubles(self.index, patience_ms(profile)), profile),
        )

    def entries(self) -> dict[str, list[Entry]]:
        """Return every entry that ever waited, by what it is about: one for each sorted set in which it did."""
        assert self.queue is not None
        queue = self.queue
        return self.index.once(("entries", repr(queue)), lambda: _entries(queue, self.index))

    def asked(self, op: str, of: str, says: str, *, answered: bool = True) -> list[Asked]:
        """Return the ops of a name, answered or all, with what they are about and what their answers say."""
        read_of, read = compiled(of), compiled(says)
        found = []
        for one in self.index.ops(op):
            if not answered or one.outcome == "ok":
                source = Part(field=one.invoked.value, answer=one.result)
                found.append(Asked(one, text(read_of(source)), read(source)))
        return found

    @property
    def store(self) -> str:
        """The server that may lose the queue, and has the copies beside it."""
        return REDIS if self.queue is None else self.queue.store

    @property
    def end_ms(self) -> int:
        """The time of the last event."""
        return self.index.events[-1].time_ms if self.index.events else 0


def patience_ms(profile: Profile) -> int:
    """Return how long a client of the store waits; 0 where it is not declared: then every delay may lose something."""
    return profile.int("io_timeout_ms") if "io_timeout_ms" in profile.knobs else 0


def rows_of(rows: Rows, index: HistoryIndex) -> Iterator[Change]:
    """Yield every change of a table, the rows that were there before the run first."""
    for change in (
        *index.initial.get((rows.database, rows.table), ()),
        *index.changes_of(rows.database, rows.table),
    ):
        if rows.has(change):
            yield change


def _entries(queue: Queue, index: HistoryIndex) -> dict[str, list[Entry]]:
    of, active = compiled(queue.of), holds(queue.active)
    key, member, place, tie = (compiled(path) for path in (queue.key, queue.member, queue.place, queue.tie))
    order = _order(queue.order)
    found: dict[str, list[Entry]] = {}
    last: dict[str, tuple[Entry, Spell]] = {}
    for change in rows_of(queue.rows, index):
        name = text(of(change))
        at_ms = 0 if change.commit < 0 else index.time_ms(change.at)
        waits = change.verb != "delete" and active(change)
        waited = last.get(name)
        if not waits:
            _end(waited, change.at, at_ms)
            continue
        entry = _entry(found.setdefault(name, []), name, text(key(change)), text(member(change)))
        spell = Spell(change.at, at_ms, text(place(change)), order(change), text(tie(change)))
        if waited is not None and waited[0] is entry and _goes_on(waited[1], spell):
            continue
        _end(waited, change.at, at_ms)
        entry.spells.append(spell)
        last[name] = entry, spell
    return found


def _entry(entries: list[Entry], of: str, key: str, member: str) -> Entry:
    """Return the entry of this sorted set, a new one if there is none yet."""
    for entry in entries:
        if (entry.key, entry.member) == (key, member):
            return entry
    entries.append(Entry(of, key, member, []))
    return entries[-1]


def _goes_on(spell: Spell, now: Spell) -> bool:
    return spell.ended < 0 and (spell.place, spell.order, spell.tie) == (now.place, now.order, now.tie)


def _end(waited: tuple[Entry, Spell] | None, at: int, at_ms: int) -> None:
    if waited is not None and waited[1].ended < 0:
        waited[1].ended, waited[1].ended_ms = at, at_ms


def _order(path: str) -> Callable[[Source], Quantity]:
    """Return a function that reads a number or an instant exactly. It raises UnreadableValue where there is neither."""
    read = compiled(path)

    def exact(source: Source) -> Quantity:
        value = read(source)
        number = quantity(value)
        if number is not None:
            return number
        moment = instant(value)
        if moment is None:
            raise UnreadableValue(
                f"order of the queue: {path} is {value!r}, and an order is a number, or an instant in ISO 8601 with an offset"
            )
        return Fraction(epoch_ms(moment)) + Fraction(moment.microsecond % 1_000, 1_000)

    return exact


class SelfHealingReader(FactsReader[SelfHealingFacts]):
    """Makes the facts of a mapping's queue and copies, once a history."""

    __slots__ = ()

    def _facts(self, index: HistoryIndex) -> SelfHealingFacts:
        return SelfHealingFacts(self._mapping, index)
