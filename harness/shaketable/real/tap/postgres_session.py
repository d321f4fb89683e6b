"""What one connection to PostgreSQL has open: the tables its transaction wrote, savepoints and cursors.

It makes the names of its boundaries: a COMMIT is named by the tables that its transaction wrote and did not take back, a
FETCH by the table that its cursor reads.
"""

from __future__ import annotations

from collections.abc import Iterable

from shaketable.real.tap import sql
from shaketable.real.tap.sql import Statement


class WrittenTables:
    """The tables that the open transaction wrote, in order, between its savepoints."""

    __slots__ = ("_marks", "_tables")

    def __init__(self) -> None:
        self._tables: list[str] = []
        self._marks: list[tuple[str, int]] = []  # savepoints, each with the number of tables in front of it

    def copy(self) -> WrittenTables:
        """Return a copy that goes its own way."""
        copy = WrittenTables()
        copy._tables, copy._marks = self._tables.copy(), self._marks.copy()
        return copy

    @property
    def key(self) -> str:
        """The key of a COMMIT now; "" if nothing was written."""
        return ",".join(sorted(set(self._tables)))

    def add(self, table: str) -> None:
        """Note that `table` was written."""
        if (
            not self._tables
            or self._tables[-1] != table
            or (self._marks and self._marks[-1][1] == len(self._tables))
        ):
            self._tables.append(table)

    def follow(self, statement: Statement) -> None:
        """Note a statement that ends a transaction, or sets, releases or returns to a savepoint."""
        verb, name = statement
        if verb in sql.BEGINS or verb in sql.COMMITS or verb in sql.ABORTS or verb == sql.PREPARES:
            self.clear()
        elif verb == "SAVEPOINT":
            self._marks.append((name, len(self._tables)))
        elif verb in ("ROLLBACK_TO", "RELEASE"):
            at = next((n for n in reversed(range(len(self._marks))) if self._marks[n][0] == name), None)
            if at is None:
                return
            if verb == "ROLLBACK_TO":
                del self._tables[self._marks[at][1] :]
                del self._marks[at + 1 :]
            else:
                del self._marks[at:]

    def clear(self) -> None:
        """Note that no transaction is open."""
        self._tables.clear()
        self._marks.clear()


class PostgresSession:
    """What a connection has open."""

    __slots__ = ("_cursors", "_written")

    def __init__(self) -> None:
        self._written = WrittenTables()
        self._cursors: dict[str, str] = {}  # the table that each reads

    def declare(self, cursors: Iterable[tuple[str, str]]) -> None:
        """Note (name, table) of cursors that are about to be declared."""
        self._cursors.update(cursors)

    def names(self, unit: Iterable[Statement]) -> tuple[tuple[str, str], ...]:
        """Return the boundaries (verb, key) of statements that are sent together, in order."""
        unit = list(unit)
        names: list[tuple[str, str]] = []
        written = self._written.copy() if len(unit) > 1 else self._written
        for statement in unit:
            verb, _ = statement
            if verb in sql.COMMITS:
                if key := written.key:
                    names.append(("COMMIT", key))
            elif verb == sql.PREPARES:
                names.append((verb, written.key))
            elif table := self._table_of(statement):
                names.append((verb, table))
                if verb in sql.WRITES and len(unit) > 1:
                    written.add(table)
            if len(unit) > 1:
                written.follow(statement)
        return tuple(names)

    def completed(self, statement: Statement, tag: list[str]) -> tuple[str, int] | None:
        """Note that the server has done it, by its command tag; return the table and rows of a SELECT."""
        verb, table = statement
        self._written.follow(statement)
        if verb == "CLOSE":
            self._cursors.pop(table, None)
        if verb == "COPY_OUT":
            return None
        if (tag[0] in sql.WRITES or verb in sql.WRITES) and table and tag[-1] != "0":
            self._written.add(table)  # of a WITH that writes the tag counts what it selects
        elif verb == "SELECT" and table and tag[-1].isdigit():
            return table, int(tag[-1])
        return None

    def is_idle(self) -> None:
        """Note that the server has no transaction open."""
        self._written.clear()

    def _table_of(self, statement: Statement) -> str:
        """Return the table by which a boundary is named, or "" if the statement is none: set-up, or of no table."""
        verb, table = statement
        if verb == "FETCH":
            return self._cursors.get(table, table)
        if verb in sql.ASIDE or not verb.replace("_", "").isalpha():
            return ""
        # A driver's query of types is set-up.
        return "" if table.startswith(("pg_", "information_schema.")) else table
