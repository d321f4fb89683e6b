"""A stored table: its rows, its constraints and its indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from shaketable.ports import Condition, Errors, Row, Scalar
from shaketable.sim.database.conditions import matches
from shaketable.sim.database.index import Index
from shaketable.sim.database.rows import PENDING, Locker, StoredRow, Version
from shaketable.subject import Table

_NO_ROWS: dict[StoredRow, None] = {}
_SCAN_ROWS_MAX = 24
"""Below this a scan costs less than keeping one more index."""


Columns = tuple[str, ...]


@lru_cache(maxsize=256)
def _columns(
    key: Columns, unique: tuple[Columns, ...]
) -> tuple[tuple[Columns, ...], Columns, frozenset[str]]:
    """Return the unique keys, each once, and the columns in them: in order, and as a set."""
    keys = tuple(dict.fromkeys((key, *unique)))
    named = tuple(dict.fromkeys(column for columns in keys for column in columns))
    return keys, named, frozenset(named)


class StoredTable:
    """One table. Indexes on single columns appear when equality conditions ask for them."""

    __slots__ = (
        "_by_column",
        "_errors",
        "_named",
        "_places",
        "_serial",
        "indexed",
        "indexes",
        "name",
        "rows",
        "spec",
        "unique",
    )

    def __init__(self, spec: Table, errors: Errors) -> None:
        self.spec = spec
        self.name = spec.name
        self.rows: dict[StoredRow, None] = {}
        keys, self._named, self.indexed = _columns(spec.key, spec.unique)
        self.unique = tuple([Index(columns) for columns in keys])
        self.indexes: list[Index] = list(self.unique)
        self._by_column = {index.columns[0]: index for index in self.unique if len(index.columns) == 1}
        self._errors = errors
        self._places = 0
        self._serial = 0

    @property
    def is_paged(self) -> bool:
        """Tell whether a row was ever put into it, so that a scan has a page to look at."""
        return self._places > 0

    def load(self, row: Row) -> None:
        """Store an initial row, committed before any snapshot. The serial continues after the greatest loaded."""
        row = self.complete(row)
        self.check(row)
        if self.spec.serial:
            self._serial = max(self._serial, int(row[self.spec.serial] or 0))
        stored = self.place(row, None, commit=0)
        for index in self.indexes:
            key = index.key(row)
            if index.entries.get(key) and not index.has_null(key):
                raise self.taken(index, row)
            index.add(key, stored)

    def complete(self, row: Mapping[str, Scalar]) -> Row:
        """Return a copy with its serial drawn, if it brings none, and NULL for unique columns it does not name.

        A drawn serial is never given back (bigserial): not on a conflict, not on a rollback.
        """
        new = dict(row)
        serial = self.spec.serial
        if serial and new.get(serial) is None:
            self._serial += 1
            new[serial] = self._serial
        for column in self._named:
            if column not in new:
                new[column] = None
        return new

    def check(self, row: Row) -> None:
        """Raise the check violation unless the key is NOT NULL and each CHECK (column >= 0) holds."""
        for column in self.spec.key:
            if row[column] is None:
                raise self._errors.check_violation(f"{self.name}.{column} must not be null")
        for column in self.spec.not_negative:
            value = row.get(column)
            if isinstance(value, int) and value < 0:
                raise self._errors.check_violation(f"{self.name}.{column} must not be negative, got {value}")

    def taken(self, index: Index, row: Row) -> Exception:
        """Make the unique violation of `row`, whose key in `index` is taken."""
        key = ", ".join(f"{column}={row.get(column)!r}" for column in index.columns)
        return self._errors.unique_violation(f"{self.name} has a row with {key} already")

    def place(self, row: Row, writer: Locker | None, commit: int = PENDING) -> StoredRow:
        """Store a new row, held by its writer, behind all others."""
        self._places += 1
        stored = StoredRow(Version(row, writer, None, self._places, commit), writer)
        self.rows[stored] = None
        return stored

    def replace(self, stored: StoredRow, row: Row | None, writer: Locker) -> None:
        """Give a row its next version, behind all others; None deletes it."""
        self._places += 1
        stored.newest = Version(row, writer, stored.newest, self._places)

    def candidates(self, where: Sequence[Condition]) -> list[StoredRow]:
        """Return the rows that may satisfy `where`: by the best index, or all of them."""
        rows = self.rows
        if len(rows) > 1:
            rows = self._by_key(where) if len(self.spec.key) > 1 and len(rows) > _SCAN_ROWS_MAX else rows
            for column, sign, value in where:
                if sign == "=" and (column in self._by_column or len(rows) > _SCAN_ROWS_MAX):
                    rows = self._narrower(rows, column, value)
        return list(rows)

    def finds_nothing(self, where: Sequence[Condition]) -> bool:
        """Tell whether no committed row satisfies `where`. Polls ask this often, so it builds an index."""
        rows = self.rows
        if not rows:
            return True
        for column, sign, value in where:
            if sign == "=":
                index = self._by_column.get(column) or self._build(column)
                rows = index.entries.get(value, _NO_ROWS)
                if not rows:
                    return True
        for stored in rows:
            for version in stored.versions():
                if version.commit != PENDING:
                    if version.row is not None and matches(version.row, where):
                        return False
                    break
        return True

    def _narrower(self, rows: dict[StoredRow, None], column: str, value: object) -> dict[StoredRow, None]:
        index = self._by_column.get(column) or self._build(column)
        bucket = index.entries.get(value, {})
        return bucket if len(bucket) < len(rows) else rows

    def _by_key(self, where: Sequence[Condition]) -> dict[StoredRow, None]:
        equal = {column: value for column, sign, value in where if sign == "="}
        if not all(column in equal for column in self.spec.key):
            return self.rows
        return self.unique[0].entries.get(tuple([equal[column] for column in self.spec.key]), {})

    def _build(self, column: str) -> Index:
        index = Index((column,))
        for stored in self.rows:
            for version in stored.versions():
                if version.row is not None:
                    index.add(index.key(version.row), stored)
        self._by_column[column] = index
        self.indexes.append(index)
        self.indexed = self.indexed | {column}
        return index

    def trim(self, stored: StoredRow) -> None:
        """Drop all versions but the newest: no snapshot is left that could see another."""
        newest = stored.newest
        dropped = newest.previous
        if newest.row is None:
            self._remove(stored)
        elif dropped is not None:
            newest.previous = None
            for index in self.indexes:
                key = index.key(newest.row)
                version: Version | None = dropped
                while version is not None:
                    if version.row is not None and (old := index.key(version.row)) != key:
                        index.discard(old, stored)
                    version = version.previous
        newest.writer = None

    @property
    def last_place(self) -> int:
        """The place of the version that was written last."""
        return self._places

    def undo(self, stored: StoredRow, since: int = 0) -> None:
        """Remove the versions behind the place `since` that the writer of the newest one, an open transaction, gave this row."""
        writer = stored.newest.writer
        dropped = []
        kept: Version | None = stored.newest
        while kept is not None and kept.commit == PENDING and kept.writer is writer and kept.place > since:
            dropped.append(kept)
            kept = kept.previous
        if kept is None:
            self._remove(stored)
            return
        stored.newest = kept
        for index in self.indexes:
            index.forget(stored, dropped, stored.versions())

    def _remove(self, stored: StoredRow) -> None:
        self.rows.pop(stored, None)
        for index in self.indexes:
            index.forget(stored, stored.versions(), ())

    def committed(self) -> Iterator[Row]:
        """Yield the rows as a new snapshot sees them."""
        for stored in self.rows:
            for version in stored.versions():
                if version.commit != PENDING:
                    if version.row is not None:
                        yield version.row
                    break
