"""What the history of a two-phase commit came to: branches as they were prepared and ended, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from shaketable.history import Event
from shaketable.mapping.calm_since import busy_until_ms, healed_since_ms
from shaketable.mapping.conditions import holds
from shaketable.mapping.facts_reader import FactsReader
from shaketable.mapping.happenings import happenings
from shaketable.mapping.history_index import Change, HistoryIndex
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.value_paths import compiled, text
from shaketable_patterns.two_phase_commit.roles import Branch, Decision

PREPARED = "prepare_transaction"
ROLLED_BACK = "rollback_prepared"
Outcome = Literal["commit", "abort"]


class Prepared(msgspec.Struct, frozen=True, gc=False):
    """A branch that was prepared: of what, by whom, and the events at which it was and ended; -1: it has not ended."""

    of: str
    branch: str
    process: str
    at: int
    ended: int
    outcome: Outcome | None


class Decided(msgspec.Struct, frozen=True, gc=False):
    """What the coordinator's log says of a transaction since the event `at`."""

    of: str
    at: int
    outcome: Outcome


class TwoPhaseFacts:
    """What happened to the transactions of one coordinator."""

    __slots__ = (
        "branches",
        "busy_ms",
        "calm_ms",
        "committed",
        "decided",
        "healed_ms",
        "index",
        "last_ms",
        "prepared",
        "resolve_ms",
    )

    def __init__(self, mapping: Mapping, index: HistoryIndex) -> None:
        self.index = index
        self.branches = mapping.of(Branch)
        self.healed_ms = healed_since_ms(index)
        self.busy_ms = busy_until_ms(index)
        self.calm_ms = max(self.healed_ms, self.busy_ms)
        self.resolve_ms = int(mapping.settings.get("resolve_ms", 0))
        self.last_ms = index.events[-1].time_ms if index.events else 0
        self.prepared = [one for role in self.branches for one in _prepared(role, index)]
        self.committed = {role.name: _committed(role, index) for role in self.branches}
        self.decided: dict[str, list[Decided]] = {}
        for role in mapping.of(Decision):
            for one in _decisions(role, index):
                self.decided.setdefault(one.of, []).append(one)

    def transactions(self) -> list[str]:
        """Return of what anything was prepared, committed or decided, in order of appearance."""
        found = [
            *(one.of for one in self.prepared),
            *(of for committed in self.committed.values() for of in committed),
            *self.decided,
        ]
        return list(dict.fromkeys(found))

    def outcome(self, of: str) -> Outcome | None:
        """Return what the log says of a transaction in the end; None while it has not decided."""
        found = self.decided.get(of)
        return found[-1].outcome if found else None

    def held_ms(self, one: Prepared) -> int:
        """Return how long a branch held its locks, so far if it has not ended."""
        return self.ended_ms(one) - self.index.time_ms(one.at)

    def ended_ms(self, one: Prepared) -> int:
        """Return when a branch ended, or when the history does."""
        return self.last_ms if one.ended < 0 else self.index.time_ms(one.ended)

    def was_troubled(self, one: Prepared) -> bool:
        """Tell whether a fault was in force while a branch held its locks, or had been and was not resolved yet."""
        return self.index.time_ms(one.at) < _resolved_ms(self.healed_ms, self.resolve_ms)

    def was_calm(self, one: Prepared) -> bool:
        """Tell whether nothing was wrong while a branch held its locks: no fault, no busy machine, nor what either left."""
        return self.index.time_ms(one.at) >= _resolved_ms(self.calm_ms, self.resolve_ms)


def _resolved_ms(healed_ms: int, resolve_ms: int) -> int:
    return healed_ms + resolve_ms if healed_ms else 0


class TwoPhaseReader(FactsReader[TwoPhaseFacts]):
    """Makes the facts of a mapping, once a history."""

    __slots__ = ()

    def _facts(self, index: HistoryIndex) -> TwoPhaseFacts:
        return TwoPhaseFacts(self._mapping, index)


def _committed(role: Branch, index: HistoryIndex) -> dict[str, int]:
    """Return where a branch committed first, by what it is of."""
    found: dict[str, int] = {}
    for one in happenings(role.does, index):
        found.setdefault(one.of, one.at)
    return found


def _prepared(role: Branch, index: HistoryIndex) -> list[Prepared]:
    database = role.does.rows.database
    ends = _ends(database, index)
    found = []
    for event in index.prepared:
        if event.name == PREPARED and event.value["db"] == database:
            of = _of_name(role, event) or _of_writes(role, event)
            if of:
                ended, outcome = _end(ends.get(_name(event), ()), event.index)
                found.append(Prepared(of, role.name, event.process, event.index, ended, outcome))
    return found


def _of_name(role: Branch, event: Event) -> str:
    """Return what a prepared transaction is of by its name, or ""."""
    before, found, behind = role.prepared_as.partition("{}")
    name = _name(event)
    fits = found and name.startswith(before) and name.endswith(behind)
    return name.removeprefix(before).removesuffix(behind) if fits else ""


def _of_writes(role: Branch, event: Event) -> str:
    """Return what a prepared transaction is of by a row that it wrote, or ""."""
    rows = role.does.rows
    for verb, table, row in event.value["writes"]:
        change = Change(event.index, event.process, rows.database, table, verb, row, None, -1, 0)
        if table == rows.table and rows.has(change) and role.does.is_so(change):
            return text(role.does.read_of(change))
    return ""


def _ends(database: str, index: HistoryIndex) -> dict[str, list[tuple[int, Outcome]]]:
    """Return by name where the prepared transactions of a database ended, and how."""
    found: dict[str, list[tuple[int, Outcome]]] = {}
    for event in index.prepared:
        if event.name != PREPARED and event.value["db"] == database:
            found.setdefault(_name(event), []).append(
                (event.index, "abort" if event.name == ROLLED_BACK else "commit")
            )
    return found


def _name(event: Event) -> str:
    return str(event.value.get("prepared" if event.name == "commit" else "name"))


def _end(ends: Sequence[tuple[int, Outcome]], since: int) -> tuple[int, Outcome | None]:
    return next((end for end in ends if end[0] > since), (-1, None))


def _decisions(role: Decision, index: HistoryIndex) -> list[Decided]:
    of, commits, aborts = compiled(role.of), holds(role.commit), holds(role.abort)
    found = []
    for change in index.changes_of(role.rows.database, role.rows.table):
        if change.verb == "delete" or not role.rows.has(change):
            continue
        if commits(change):
            found.append(Decided(text(of(change)), change.at, "commit"))
        elif aborts(change):
            found.append(Decided(text(of(change)), change.at, "abort"))
    return found
