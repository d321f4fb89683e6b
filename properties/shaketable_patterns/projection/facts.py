"""What a read model's history came to: views commit by commit, positions, rebuilds, and what was asked."""

from __future__ import annotations

from math import floor

import msgspec

from shaketable.checkers.conservation import Quantity
from shaketable.history import Op
from shaketable.mapping.conditions import Where, holds
from shaketable.mapping.dead_letters import Letters, read_letters
from shaketable.mapping.facts_reader import FactsReader
from shaketable.mapping.happenings import records_of
from shaketable.mapping.history_index import Append, Change, HistoryIndex
from shaketable.mapping.mapping import Mapping
from shaketable.mapping.quantity import quantity
from shaketable.mapping.refused_records import refused_records
from shaketable.mapping.roles import Rows
from shaketable.mapping.value_paths import Part, compiled, text
from shaketable_patterns.projection.roles import Poison, Position, Projection, Question, Rebuild, Total
from shaketable_patterns.projection.sources import TotalFacts

Named = tuple[str, str]
"""A scope and what a row is about."""


class ViewRows:
    """The rows of one view table by scope and what they are about, as they are at some moment."""

    __slots__ = ("_of", "_rows", "_scope", "now")

    def __init__(self, rows: Rows, of: str, scope: str) -> None:
        self._rows = rows
        self._of = compiled(of)
        self._scope = compiled(scope)
        self.now: dict[Named, dict[int, Change]] = {}
        """Its changes by the number of the first of its row."""

    def name(self, change: Change) -> Named:
        """Return the scope of a row, and what it is about."""
        return text(self._scope(change)), text(self._of(change))

    def take(self, change: Change, first: dict[int, int]) -> None:
        """Go on by one change. `first` has the number of the first change of each row."""
        before = change.before
        if before is not None and before.verb != "delete":
            root = first.pop(before.number, before.number)
            self.now.get(self.name(before), {}).pop(root, None)
        else:
            root = change.number
        first[change.number] = root
        if change.verb != "delete" and self._rows.has(change):
            self.now.setdefault(self.name(change), {})[root] = change

    def of(self, scope: str | None, of: str) -> list[Change]:
        """Return the rows about something in a scope, or in any, in the order in which they were made."""
        found = self._in(scope, of)
        return [found[root] for root in sorted(found)]

    def _in(self, scope: str | None, of: str) -> dict[int, Change]:
        if scope is not None:
            return self.now.get((scope, of), {})
        return {
            root: row for (_, other), rows in self.now.items() if other == of for root, row in rows.items()
        }

    def names(self, scope: str | None) -> list[str]:
        """Return what there are rows about in a scope, or in any."""
        names = (of for (inside, of), rows in self.now.items() if rows and scope in (None, inside))
        return list(dict.fromkeys(names))

    def says_which(self, scope: str | None) -> bool:
        """Tell whether it is known which rows count: those of a scope, or all where there is only one."""
        return scope is not None or len({inside for (inside, _), rows in self.now.items() if rows}) < 2


def at_the_end(rows: Rows, of: str, scope: str, index: HistoryIndex) -> ViewRows:
    """Return the rows as they are once all is quiet."""
    view, first = ViewRows(rows, of, scope), dict[int, int]()
    for change in changes_of(rows, index):
        view.take(change, first)
    return view


def changes_of(rows: Rows, index: HistoryIndex) -> list[Change]:
    """Return every change of a table, the rows that were there before the run first."""
    return [*index.initial.get((rows.database, rows.table), ()), *index.changes_of(rows.database, rows.table)]


class Asked(msgspec.Struct, frozen=True, gc=False):
    """An answered question: of what, what was said, and what the clock of the answer was."""

    op: Op
    of: str
    said: Quantity
    as_of_ms: int | None

    @property
    def at(self) -> int:
        """The index at which it was asked."""
        return self.op.invoked.index

    @property
    def returned(self) -> int:
        """The index of its answer."""
        return -1 if self.op.completed is None else self.op.completed.index


class ReadModelFacts:
    """What happened to one read model."""

    __slots__ = ("index", "letters", "poison", "positions", "projections", "questions", "rebuild", "totals")

    def __init__(self, mapping: Mapping, index: HistoryIndex) -> None:
        self.index = index
        self.projections = mapping.of(Projection)
        self.totals = {role.name: TotalFacts(role, index) for role in mapping.of(Total)}
        self.questions = mapping.of(Question)
        self.positions = mapping.of(Position)
        self.rebuild = next(iter(mapping.of(Rebuild)), None)
        self.poison = mapping.of(Poison)
        self.letters: tuple[Letters, ...] = tuple(read_letters(role.letters, index) for role in self.poison)

    def asked(self, question: Question) -> list[Asked]:
        """Return the answers to a question, in order of invocation."""
        return self.index.once(("questions", repr(question)), lambda: _asked(question, self.index))

    def was_rebuilt(self) -> bool:
        """Tell whether a rebuild was asked for, and not refused."""
        return any(op.outcome != "fail" for op in self.rebuilds())

    def rebuilds(self) -> list[Op]:
        """Return the ops that ask for a rebuild."""
        return [] if self.rebuild is None else self.index.ops(self.rebuild.op)

    def live_scope(self) -> str | None:
        """Return the scope that is live at the end; None where it is not told."""
        if self.rebuild is None or self.rebuild.rows is None:
            return None
        live = self._scopes(self.rebuild.live)
        return live[-1] if live else None

    def building(self) -> list[Change]:
        """Return the generations that are not done at the end."""
        if self.rebuild is None or self.rebuild.rows is None or not self.rebuild.building:
            return []
        return self._generations(self.rebuild.building)

    def _scopes(self, where: Where) -> list[str]:
        assert self.rebuild is not None
        scope = compiled(self.rebuild.scope)
        return [text(scope(change)) for change in self._generations(where)]

    def _generations(self, where: Where) -> list[Change]:
        assert self.rebuild is not None
        assert self.rebuild.rows is not None
        state = holds(where)
        view = at_the_end(self.rebuild.rows, self.rebuild.scope, "", self.index)
        rows = [row for of in view.names(None) for row in view.of(None, of)]
        return [row for row in rows if state(row)]

    @property
    def lacks_events(self) -> bool:
        """Whether its broker refused an event: no view can say what was committed then, and it is not known to whom that matters."""
        return bool(refused_records(self.index))

    def poisoned(self) -> list[Append]:
        """Return the records that nothing can read."""
        return self.index.once("poisoned", self._poisoned)

    def _poisoned(self) -> list[Append]:
        return [
            record
            for role in self.poison
            for record in records_of(role.record.topics, self.index)
            if role.record.is_so(record)
        ]


def _asked(question: Question, index: HistoryIndex) -> list[Asked]:
    of, says, as_of = compiled(question.of), compiled(question.says), compiled(question.as_of)
    found = []
    for op in index.ops(question.op):
        if op.outcome == "ok" and op.completed is not None:
            answered = Part(field=op.invoked.value, answer=op.result)
            said = quantity(says(answered))
            if said is not None:
                clock = quantity(as_of(answered))
                found.append(Asked(op, text(of(answered)), said, None if clock is None else floor(clock)))
    return found


class ReadModelReader(FactsReader[ReadModelFacts]):
    """Makes the facts of a mapping's read model, once a history."""

    __slots__ = ()

    def _facts(self, index: HistoryIndex) -> ReadModelFacts:
        return ReadModelFacts(self._mapping, index)
