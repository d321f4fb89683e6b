"""The index that PostgreSQL reads a table by, where its planner has no statistics: it decides what SERIALIZABLE locks.

A table that was never analyzed is planned as if it had ten pages: an index is used for a condition on its first column,
or for an order that a condition does not make cheaper to sort. `tests/conformance` compares this with EXPLAIN.
"""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.ports import Condition
from shaketable.sim.database.conditions import matches
from shaketable.sim.database.index import Index
from shaketable.sim.database.rows import StoredRow, Version
from shaketable.sim.database.table import StoredTable

_EXACT = ("=", "in")
_RANGES = ("<", "<=", ">", ">=")

Tuple = tuple[Version, Version | None]
"""A state of a row that is on the page, and the one that replaced or deleted it."""


class AccessPath:
    """The way of one question to the rows of a table: a scan of all of it (`index` None), or of the entries of an index."""

    __slots__ = ("_quals", "_table", "index")

    def __init__(self, table: StoredTable, where: Sequence[Condition], order_by: Sequence[str]) -> None:
        self._table = table
        self.index = _narrowing(table, where)
        self._quals: list[Condition] = []
        if self.index is not None:
            columns = self.index.columns
            self._quals = [part for part in where if part[0] in columns and part[1] != "!="]
        elif all(sign == "!=" for _, sign, _ in where):
            self.index = _ordered(table, order_by)

    def chains(self) -> list[list[Tuple]]:
        """Return the tuples that it comes to, in order, each with those that a scan follows from there.

        A scan of the table meets every tuple by itself. An index has an entry for the first of the tuples that
        differ in no indexed column (a HOT chain), and a scan follows it to the one that its snapshot shows.
        """
        chains = []
        for stored in self._table.rows:
            chains += self._chains_of(stored)
        chains.sort(key=_place)
        return chains

    def _chains_of(self, stored: StoredRow) -> list[list[Tuple]]:
        table = self._table
        chains: list[list[Tuple]] = []
        newer: Version | None = None
        for version in stored.versions():
            if version.row is not None:
                if (
                    self.index is None
                    or newer is None
                    or newer.row is None
                    or _is_rekeyed(table, version, newer)
                ):
                    chains.append([(version, newer)])
                else:
                    chains[-1].insert(0, (version, newer))
            newer = version
        return [chain for chain in chains if self._leads_to(chain[0][0])]

    def _leads_to(self, root: Version) -> bool:
        return not self._quals or (root.row is not None and matches(root.row, self._quals))


def _is_rekeyed(table: StoredTable, old: Version, new: Version) -> bool:
    """Tell whether `new` differs from `old` in an indexed column, so that every index gets another entry for it."""
    if old.row is None or new.row is None:
        return True
    return any(index.key(old.row) != index.key(new.row) for index in table.unique)


def is_impossible(table: StoredTable, where: Sequence[Condition]) -> bool:
    """Tell whether the planner itself sees that no row satisfies `where`: then nothing is read at all."""
    exact: dict[str, object] = {}
    for column, sign, value in where:
        if sign == "=":
            if value is None and column in table.spec.key:
                return True
            if exact.setdefault(column, value) != value:
                return True
    return False


def _narrowing(table: StoredTable, where: Sequence[Condition]) -> Index | None:
    """Return the index whose columns `where` narrows the most; of equals the one that was made last."""
    best, best_rank = None, (0, 0)
    for index in table.unique:
        exact = 0
        while exact < len(index.columns) and _has(where, index.columns[exact], _EXACT):
            exact += 1
        is_range = exact < len(index.columns) and _has(where, index.columns[exact], _RANGES)
        rank = (2 if exact == len(index.columns) else 1, exact + is_range)
        if exact + is_range and rank >= best_rank:
            best, best_rank = index, rank
    return best


def _ordered(table: StoredTable, order_by: Sequence[str]) -> Index | None:
    """Return the index whose order, forward or backward, is the one asked for."""
    names = tuple(name.removeprefix("-") for name in order_by)
    if not names or len({name.startswith("-") for name in order_by}) > 1:
        return None
    for index in table.unique:
        if index.columns[: len(names)] == names:
            return index
    return None


def _has(where: Sequence[Condition], column: str, signs: Sequence[str]) -> bool:
    return any(name == column and sign in signs for name, sign, _ in where)


def _place(chain: list[Tuple]) -> int:
    return chain[0][0].place
