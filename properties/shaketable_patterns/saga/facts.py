"""What a history says of a saga: its instances, and what reached the groups that move them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from shaketable.checkers.conservation import Movement, Quantity
from shaketable.history import History
from shaketable.mapping.consumers import ConsumerFacts, Given, read_consumers
from shaketable.mapping.dead_letters import Letters, read_letters
from shaketable.mapping.exact_readers import quantities
from shaketable.mapping.happenings import by_subject
from shaketable.mapping.history_index import HistoryIndex
from shaketable.mapping.index_builder import Indexing
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.ops import Asked, OpRole, asked
from shaketable.mapping.roles import Becomes, Effect
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.saga.graph import precedence
from shaketable_patterns.saga.instances import DELETED, Account, Instance, Move, Taken
from shaketable_patterns.saga.roles import Saga, Step


class Disturbed(msgspec.Struct, frozen=True, gc=False):
    """A delivery of what the group was given before (at `clash`), or had been given something later of (at `clash`)."""

    at: int
    clash: int


class SagaFacts:
    """What happened to one saga."""

    __slots__ = (
        "_amounts",
        "consumers",
        "disturbed",
        "elsewhere",
        "follows",
        "index",
        "instances",
        "last_of",
        "letters",
        "older",
        "redrives",
        "role",
        "tellers",
    )

    def __init__(self, role: Saga, ops: tuple[OpRole, ...], index: HistoryIndex) -> None:
        self.role = role
        self.index = index
        self.follows = precedence({step.name: step.after for step in role.steps})
        self.last_of = {
            end: [one for one in names if not any(one in self.follows[other] for other in names)]
            for end, names in role.ends.items()
        }
        """The steps that stand at an end and that no other of them follows."""
        self.instances: dict[str, Instance] = {}
        self.older: dict[str, Instance] = _older(role, index)
        """What began before the run is not judged: its past is not in the history."""
        self._amounts = {
            step.name: (compiled(step.amount), quantities(step.amount, f"saga.steps.{step.name}.amount"))
            for step in role.steps
        }
        self.letters: Letters = read_letters(role.waits, index)
        self.consumers: list[ConsumerFacts] = read_consumers(role.consumers, index)
        tellers = tuple(one.by for one in role.tells if one.by is not None)
        self.tellers: list[ConsumerFacts] = read_consumers(tellers, index)
        self.disturbed: dict[str, list[Disturbed]] = _disturbed(self.consumers)
        self.elsewhere: frozenset[str] = frozenset()
        """What is an instance of another saga of the same mapping: its effects are no stranger's."""
        self.redrives: list[Asked] = asked(ops, index, "redrive")
        own = tuple(one for one in ops if not role.ops or one.op in role.ops)
        for op in asked(own, index, "begin", "repeat", "poison"):
            if op.of:
                self.instance(op.of).begun.append(op)
        _rows(self)
        for step in role.steps:
            _step(self, step)

    def instance(self, name: str) -> Instance:
        """Return the instance of this name, known or not."""
        found = self.instances.get(name) or self.older.get(name)
        if found is None:
            found = self.instances[name] = Instance(name)
        return found

    def amount(self, instance: Instance, step: Step) -> Quantity | None:
        """Return how much the step must come to: by the instance's row, or else as it first took; None if neither."""
        if instance.row is not None and step.amount:
            is_there, wanted = self._amounts[step.name]
            if is_there(instance.row) is not None:
                return wanted(instance.row)
        return next((m.amount for m in instance.step(step.name).movements if m.amount > 0), None)

    def waits(self, instance: Instance) -> bool:
        """Tell whether the instance waits visibly among the dead letters."""
        return self.letters.waits(instance.name)

    def is_stranger(self, instance: Instance) -> bool:
        """Tell whether effects are of no instance that began or was asked for."""
        return not instance.is_known and instance.name not in self.elsewhere

    def ended(self, instance: Instance) -> bool:
        """Tell whether its status is terminal."""
        return instance.status in self.role.ends

    def related(self, one: str, other: str) -> bool:
        """Tell whether two steps are the same or one follows the other: they are not on parallel branches."""
        return one == other or one in self.follows[other] or other in self.follows[one]

    def each_step(self, instance: Instance) -> Iterator[tuple[Step, Taken]]:
        """Yield the steps of which something happened, in the order of the mapping."""
        for step in self.role.steps:
            taken = instance.taken.get(step.name)
            if taken is not None:
                yield step, taken


def _older(role: Saga, index: HistoryIndex) -> dict[str, Instance]:
    begins = role.instance
    mine, begun, of = begins.rows.has, begins.is_so, begins.read_of
    found: dict[str, Instance] = {}
    for row in index.initial.get((begins.rows.database, begins.rows.table), ()):
        if mine(row) and begun(row):
            name = text(of(row))
            found[name] = Instance(name)
    return found


def _rows(facts: SagaFacts) -> None:
    """Follow the rows of instances. One begins with the first write by which it is in the state `instance`."""
    begins = facts.role.instance
    mine, begun, of = begins.rows.has, begins.is_so, begins.read_of
    status = compiled(facts.role.status)
    ends = facts.role.ends
    for change in facts.index.changes_of(begins.rows.database, begins.rows.table):
        if not mine(change):
            continue
        name = text(of(change))
        if name in facts.older:
            continue
        gone = change.verb == "delete"
        instance = facts.instances.get(name)
        if instance is None or instance.row is None:
            if gone or not begun(change):
                continue
            instance = facts.instance(name)
            instance.row = change
            earlier = None if change.verb == "insert" else change.before
            before = "" if earlier is None else text(status(earlier))
        else:
            before = instance.status
        if gone and before in ends:
            continue  # swept away: what has ended may go
        instance.moves.append(Move(change.at, before, DELETED if gone else text(status(change))))


def _step(facts: SagaFacts, step: Step) -> None:
    index = facts.index
    touched: dict[str, Taken] = {}

    def taken(name: str) -> Taken:
        found = touched.get(name)
        if found is None:
            found = touched[name] = facts.instance(name).of_step(step.name)
        return found

    for name, found in by_subject(step.do, index).items():
        taken(name).dos = found
    if step.undo is not None:
        for name, found in by_subject(step.undo, index).items():
            taken(name).undos = found
    for one in touched.values():
        one.balance(step)
    for effect in step.failed:
        for name, found in by_subject(effect, index).items():
            taken(name).failed = [*taken(name).failed, *(happening.at for happening in found)]
    for effect in step.pending:
        for name, while_so in _while(effect, index).items():
            taken(name).pending = _account([*taken(name).pending.movements, *while_so])
    if step.finished is not None:
        for name, while_so in _while(step.finished, index).items():
            taken(name).finished = _account(while_so)
    for name, letters in read_letters(step.given_up, index).of.items():
        taken(name).given_up = letters


def _while(effect: Effect, index: HistoryIndex) -> dict[str, list[Movement]]:
    """Tell when an effect came to be true of what it is about (1), and no longer was (-1): a row may leave its state."""
    changes = {
        name: [Movement(happening.at, 1) for happening in found]
        for name, found in by_subject(effect, index).items()
    }
    if isinstance(effect, Becomes) and effect.on == "enters":
        for name, found in by_subject(effect.leaving, index).items():
            changes.setdefault(name, []).extend(Movement(happening.at, -1) for happening in found)
    return changes


def _account(movements: list[Movement]) -> Account:
    return Account(sorted(movements, key=lambda movement: movement.at))


def _disturbed(consumers: list[ConsumerFacts]) -> dict[str, list[Disturbed]]:
    """Sort by instance what came to a group again, and what was overtaken by a later event of the same instance."""
    found: dict[str, list[Disturbed]] = {}
    every: list[tuple[Given, str]] = [
        (given, facts.consumer.group) for facts in consumers for given in facts.given
    ]
    every.sort(key=lambda one: one[0].at)
    latest: dict[tuple[str, str], tuple[int, int]] = {}
    for given, group in every:
        known = latest.get((group, given.of))
        if given.again:
            found.setdefault(given.of, []).append(Disturbed(given.at, given.first))
        elif known is not None and known[0] > given.record.at:
            found.setdefault(given.of, []).append(Disturbed(given.at, known[1]))
        else:
            latest[group, given.of] = (given.record.at, given.at)
    return found


class SagasReader:
    """Makes the facts of every saga of a mapping, once a history."""

    __slots__ = ("_indexing", "_ops", "_roles")

    def __init__(self, mapping: Mapping, indexing: Indexing) -> None:
        self._roles = mapping.of(Saga)
        self._ops = mapping.of(OpRole)
        self._indexing = indexing

    def __call__(self, history: History) -> tuple[SagaFacts, ...]:
        """Return one for each saga, in the order of the mapping."""
        return history.view(self._read)

    def _read(self, history: History) -> tuple[SagaFacts, ...]:
        index = self._indexing(history)
        sagas = tuple(SagaFacts(role, self._ops, index) for role in self._roles)
        for facts in sagas:
            for other in sagas:
                if other is not facts:
                    known = (one.name for one in other.instances.values() if one.is_known)
                    facts.elsewhere = facts.elsewhere.union(known, other.older)
        return sagas


Sagas = tuple[SagaFacts, ...]
