"""A database and its transactions that tell every access: of rows by key, of tables by scans, of sequences.

What a transaction writes is told at its COMMIT, for then others see it; what it reads and locks when it does so. An UPDATE or
DELETE reads the rows that it changes as it changes them; that it found none is a read at its statement. A poll that finds nothing
sends no message and tells nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from shaketable.access import NoteAccess
from shaketable.history import Json
from shaketable.ports import Change, Condition, Errors, Row, Scalar
from shaketable.sim.channel import Oracle
from shaketable.sim.database import statements
from shaketable.sim.database.logical_database import LogicalDatabase, Written
from shaketable.sim.database.rows import Isolation, Locker
from shaketable.sim.database.statements import Steps
from shaketable.sim.database.table import StoredTable
from shaketable.sim.database.transaction import Opened, OpenTransaction
from shaketable.subject import DatabaseSpec


class RecordedDatabase(LogicalDatabase):
    """A logical database that tells what its transactions commit."""

    def __init__(
        self,
        spec: DatabaseSpec,
        errors: Errors,
        oracle: Oracle,
        make_future: Callable[[], asyncio.Future[Json]],
        note: NoteAccess,
    ) -> None:
        super().__init__(spec, errors, oracle, make_future)
        self.note = note
        self.begun = 0

    def commit(self, transaction: Locker, written: Written, effects: list[Json], name: str = "") -> None:
        """Tell the writes, then make them visible: those that wait go on within."""
        if isinstance(transaction, RecordedTransaction):
            for target, is_whole in self._changed(transaction, written):
                self.note(
                    transaction.owner, "change" if is_whole else "write", target, "COMMIT", transaction.number
                )
        super().commit(transaction, written, effects, name)

    def _changed(self, transaction: Locker, written: Written) -> dict[tuple[str, bool], None]:
        """Return the rows, by each of their keys before and after, and the tables; True is a whole table."""
        changed: dict[tuple[str, bool], None] = {}
        for table, stored in written:
            changed[self.name_of(table), True] = None
            for version in stored.versions():
                if version.row is not None:
                    changed |= {(key, False): None for key in self.keys_of(table, version.row)}
                if version.writer is not transaction:
                    break
        return changed

    def name_of(self, table: StoredTable) -> str:
        return f"{self.name}.{table.name}"

    def keys_of(self, table: StoredTable, row: Mapping[str, Scalar]) -> list[str]:
        """Return the targets that a row is, by its unique keys; one with a NULL in it conflicts with nothing."""
        keys = [[row.get(column) for column in index.columns] for index in table.unique]
        return [self.key_of(table, number, key) for number, key in enumerate(keys) if None not in key]

    def key_of(self, table: StoredTable, number: int, key: Sequence[object]) -> str:
        """Return the target of the row with this key in the unique index of this number."""
        columns = "" if number == 0 else f"{','.join(table.unique[number].columns)}="
        return f"{self.name_of(table)}[{columns}{','.join(map(str, key))}]"

    def read_by(self, table: StoredTable, where: Sequence[Condition]) -> tuple[Literal["read", "scan"], str]:
        """Return what a condition reads: the row of a key, there or not, or the table."""
        equal = {column: value for column, sign, value in where if sign == "="}
        for number, index in enumerate(table.unique):
            if all(column in equal for column in index.columns):
                return "read", self.key_of(table, number, [equal[column] for column in index.columns])
        return "scan", self.name_of(table)


class RecordedTransaction(OpenTransaction):
    """A transaction that tells what its statements read and lock. `number` counts those of its database from 1."""

    __slots__ = ("_database", "number")

    def __init__(self, database: RecordedDatabase, owner: str, isolation: Isolation, opened: Opened) -> None:
        super().__init__(database, owner, isolation, opened)
        database.begun += 1
        self.number = database.begun
        self._database = database

    def insert(
        self, table: str, row: Mapping[str, Scalar], *, on_conflict: Literal["error", "ignore"] = "error"
    ) -> Row | asyncio.Future[Row | None] | None:
        """See `OpenTransaction.insert`. A key that is taken is read; a serial that is drawn changes its sequence."""
        stored = self.database.table(table)
        steps = statements.insert(self, stored, row, on_conflict == "ignore")
        return self._run(self._inserted(stored, row, steps))

    def select(
        self,
        table: str,
        *where: Condition,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        lock: statements.Locking = "none",
        poll: bool = False,
    ) -> list[Row] | asyncio.Future[list[Row]]:
        """See `OpenTransaction.select`."""
        stored = self.database.table(table)
        steps = statements.select(self, stored, where, order_by, limit, lock)
        steps = self._selected(stored, where, lock, steps)
        return self._run(self._polled(stored, where, steps) if poll else steps)

    def update(
        self, table: str, changes: Mapping[str, Change], *where: Condition
    ) -> int | asyncio.Future[int]:
        """See `OpenTransaction.update`."""
        stored = self.database.table(table)
        return self._run(
            self._changed(stored, where, "UPDATE", statements.update(self, stored, changes, where))
        )

    def delete(self, table: str, *where: Condition) -> int | asyncio.Future[int]:
        """See `OpenTransaction.delete`."""
        stored = self.database.table(table)
        return self._run(self._changed(stored, where, "DELETE", statements.delete(self, stored, where)))

    def _inserted(
        self, table: StoredTable, row: Mapping[str, Scalar], steps: Steps[Row | None]
    ) -> Steps[Row | None]:
        serial = table.spec.serial
        if serial and row.get(serial) is None:
            self._note("write", f"{self._database.name_of(table)}.{serial}", "INSERT")
        try:
            placed = yield from steps
        except self.database.errors.unique_violation:
            self._read_keys(table, row)
            raise
        if placed is None:
            self._read_keys(table, row)
        return placed

    def _selected(
        self,
        table: StoredTable,
        where: Sequence[Condition],
        lock: statements.Locking,
        steps: Steps[list[Row]],
    ) -> Steps[list[Row]]:
        kind, target = self._database.read_by(table, where)
        if lock == "none":
            self._note(kind, target, "SELECT")
            return (yield from steps)
        rows = yield from steps
        self._note(kind, target, "SELECT FOR UPDATE")
        for row in rows:
            self._note("write", self._database.keys_of(table, row)[0], "SELECT FOR UPDATE")
        return rows

    def _changed(
        self, table: StoredTable, where: Sequence[Condition], verb: str, steps: Steps[int]
    ) -> Steps[int]:
        count = yield from steps
        kind, target = self._database.read_by(table, where)
        if not count or kind == "scan":
            self._note(kind, target, verb)
        return count

    def _read_keys(self, table: StoredTable, row: Mapping[str, Scalar]) -> None:
        for target in self._database.keys_of(table, row):
            self._note("read", target, "INSERT")

    def _note(self, kind: Literal["read", "write", "scan"], target: str, verb: str) -> None:
        self._database.note(self.owner, kind, target, verb, self.number)
