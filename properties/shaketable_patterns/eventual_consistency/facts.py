"""What happened to copies: each row version by version, what was written and read where, and who was cut off when."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shaketable.history import Json, Op
from shaketable.mapping.calm_since import calm_since_ms
from shaketable.mapping.facts_reader import FactsReader
from shaketable.mapping.history_index import Change, HistoryIndex
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.quantity import quantity
from shaketable.mapping.value_paths import Part, Read, compiled, text
from shaketable_patterns.eventual_consistency.cuts import Cuts
from shaketable_patterns.eventual_consistency.roles import Reading, Replica, Writing

NOTHING = "nothing"


class State(msgspec.Struct, frozen=True, gc=False):
    """What a copy said of something from the event `at` on: NOTHING where it has deleted its row, after that version."""

    at: int
    says: str
    version: int


class Written(msgspec.Struct, frozen=True, gc=False):
    """A write: who wrote what where, and the version that its answer told; None where it is not known to have happened."""

    op: Op
    of: str
    says: str
    copy: str
    reader: str
    version: int | None


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A read, and what it was answered; `version` is None if it was refused or is not known to have been answered."""

    op: Op
    role: Reading
    of: str
    copy: str
    reader: str
    version: int | None
    age: Json

    @property
    def begun(self) -> int:
        """The index at which it was asked."""
        return self.op.invoked.index

    @property
    def ended(self) -> int:
        """The index of its answer, or at which it was asked if there is none."""
        return self.op.invoked.index if self.op.completed is None else self.op.completed.index


class CopiesFacts:
    """What happened to the copies of a mapping."""

    __slots__ = ("calm_ms", "copies", "cuts", "index", "reads", "states", "writes")

    def __init__(self, mapping: Mapping, index: HistoryIndex) -> None:
        self.index = index
        self.copies = mapping.of(Replica)
        self.calm_ms = calm_since_ms(index)
        self.states = {copy.name: _states(copy, index) for copy in self.copies}
        self.writes = [one for role in mapping.of(Writing) for one in _writes(role, index)]
        self.reads = sorted(
            (one for role in mapping.of(Reading) for one in _reads(role, index)), key=lambda one: one.begun
        )
        self.cuts = Cuts([copy.name for copy in self.copies], index)

    def things(self) -> list[str]:
        """Return of what any copy has a row, in order of appearance."""
        return list(dict.fromkeys(of for states in self.states.values() for of in states))

    def last(self, copy: str, of: str) -> State | None:
        """Return what a copy says of something in the end."""
        found = self.states[copy].get(of)
        return found[-1] if found else None

    def acknowledged(self, of: str, before: int) -> Written | None:
        """Return the newest write of something that had been acknowledged before an event."""
        done = [
            one
            for one in self.writes
            if one.of == of and one.version is not None and one.op.completed is not None
            if one.op.completed.index < before
        ]
        return max(done, key=_version, default=None)

    def acknowledged_by_ms(self, of: str, time_ms: float) -> Written | None:
        """Return the newest write of something that had been acknowledged by a time."""
        done = [
            one
            for one in self.writes
            if one.of == of and one.version is not None and one.op.completed is not None
            if one.op.completed.time_ms <= time_ms
        ]
        return max(done, key=_version, default=None)


def _version(one: Written) -> int:
    return -1 if one.version is None else one.version


def _states(copy: Replica, index: HistoryIndex) -> dict[str, list[State]]:
    of, says, version = compiled(copy.of), compiled(copy.says), compiled(copy.version)
    place = copy.rows.database, copy.rows.table
    found: dict[str, list[State]] = {}
    for change in (*index.initial.get(place, ()), *index.changes_of(*place)):
        if not copy.rows.has(change):
            continue
        was = change if change.before is None else change.before
        # A deleted row is told as it was, on real servers perhaps by its key alone.
        states = found.setdefault(text(of(was if change.verb == "delete" else change)), [])
        if change.verb == "delete":
            states.append(State(change.at, NOTHING, states[-1].version if states else 0))
        elif (number := _number(version, change)) is not None:
            at = -1 if change.commit < 0 else change.at
            states.append(State(at, text(says(change)), number))
    return {thing: states for thing, states in found.items() if states}


def _writes(role: Writing, index: HistoryIndex) -> Iterator[Written]:
    of, says, at, reader = map(compiled, (role.of, role.says, role.at, role.reader))
    version = compiled(role.version)
    for op in index.ops(role.op):
        part = Part(field=op.invoked.value, answer=op.result)
        number = _number(version, part) if op.outcome == "ok" else None
        yield Written(op, text(of(part)), text(says(part)), text(at(part)), text(reader(part)), number)


def _reads(role: Reading, index: HistoryIndex) -> Iterator[Seen]:
    of, at, reader, age = map(compiled, (role.of, role.at, role.reader, role.age))
    version = compiled(role.version)
    for op in index.ops(role.op):
        part = Part(field=op.invoked.value, answer=op.result)
        number = _number(version, part) if op.outcome == "ok" else None
        yield Seen(op, role, text(of(part)), text(at(part)), text(reader(part)), number, age(part))


def _number(read: Read, source: Change | Part) -> int | None:
    number = quantity(read(source))
    return None if number is None else int(number)


class CopiesReader(FactsReader[CopiesFacts]):
    """Makes the facts of a mapping's copies, once a history."""

    __slots__ = ()

    def _facts(self, index: HistoryIndex) -> CopiesFacts:
        return CopiesFacts(self._mapping, index)
