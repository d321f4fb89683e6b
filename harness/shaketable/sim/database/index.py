"""A hash index: the rows that have a key in any version still kept, and the obstacle to one more."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from shaketable.ports import Row
from shaketable.sim.database.rows import PENDING, Locker, StoredRow, Version


class Index:
    """Maps a key (one column's value, or a tuple of several) to its rows in order of entry."""

    __slots__ = ("_single", "columns", "entries")

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.entries: dict[Hashable, dict[StoredRow, None]] = {}
        self._single = columns[0] if len(columns) == 1 else ""

    def key(self, row: Row) -> Hashable:
        """Return the key of `row`; a column it lacks is NULL."""
        if self._single:
            return row.get(self._single)
        return tuple([row.get(column) for column in self.columns])

    def add(self, key: Hashable, stored: StoredRow) -> None:
        """Enter `stored` under `key`."""
        bucket = self.entries.get(key)
        if bucket is None:
            self.entries[key] = {stored: None}
        else:
            bucket[stored] = None

    def discard(self, key: Hashable, stored: StoredRow) -> None:
        """Remove the entry of `stored` under `key`, if there is one."""
        bucket = self.entries.get(key)
        if bucket is not None:
            bucket.pop(stored, None)
            if not bucket:
                del self.entries[key]

    def forget(self, stored: StoredRow, dropped: Iterable[Version], kept: Iterable[Version]) -> None:
        """Remove the entries that only `dropped` versions of `stored` needed, and no kept one needs."""
        needed = {self.key(version.row) for version in kept if version.row is not None}
        for version in dropped:
            if version.row is not None:
                key = self.key(version.row)
                if key not in needed:
                    self.discard(key, stored)

    def has_null(self, key: Hashable) -> bool:
        """Tell whether `key` contains NULL. NULLs are distinct: such a key conflicts with nothing."""
        return key is None or (not self._single and isinstance(key, tuple) and None in key)

    def obstacle(self, key: Hashable, stored: StoredRow | None, transaction: Locker) -> StoredRow | None:
        """Return what forbids `stored` this key now: a live row, or one that an open transaction decides about (wait for its end).

        As PostgreSQL's dirty snapshot: an uncommitted change of a row with this key decides nothing yet,
        even if it leaves the key alone.
        """
        for other in self.entries.get(key, ()):
            if other is stored:
                continue
            newest = other.newest
            if newest.commit == PENDING and newest.writer is not transaction:
                if newest.writer is not None and self._may_be(key, other):
                    return other
            elif newest.row is not None and self.key(newest.row) == key:
                return other
        return None

    def _may_be(self, key: Hashable, other: StoredRow) -> bool:
        """Tell whether the outcome of the open transaction decides if `other` has this key."""
        for version in other.versions():
            if version.row is not None and self.key(version.row) == key:
                return True
            if version.commit != PENDING:
                return False
        return False
