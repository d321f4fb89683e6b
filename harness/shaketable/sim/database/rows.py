"""Multi-version rows: what a row was, who writes it, who holds it and who waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shaketable.ports import Row

if TYPE_CHECKING:
    from shaketable.sim.database.transaction import OpenTransaction

PENDING = 1 << 62
"""The commit number of a version whose transaction is open: later than every snapshot."""


class Version:
    """One state of a row. `row` None says that it is deleted; `row` is never changed afterwards.

    `place` says where it lies in its table: PostgreSQL writes every new version behind all others, and that is
    the order in which a scan meets them.
    """

    __slots__ = ("commit", "place", "previous", "row", "writer")

    def __init__(
        self,
        row: Row | None,
        writer: OpenTransaction | None,
        previous: Version | None,
        place: int,
        commit: int = PENDING,
    ) -> None:
        self.place = place
        self.row = row
        self.writer = writer
        self.previous = previous
        self.commit = commit


class StoredRow:
    """The identity of a row through its updates, key changes included: the newest version and the lock.

    A deleted and re-inserted key is another StoredRow, as it is another tuple chain in PostgreSQL.
    """

    __slots__ = ("holder", "newest", "queue")

    def __init__(self, newest: Version, holder: OpenTransaction | None) -> None:
        self.newest = newest
        self.holder = holder
        self.queue: list[OpenTransaction] = []

    @property
    def gone(self) -> bool:
        """Deleted, and committed so."""
        return self.newest.row is None and self.newest.commit != PENDING

    def outdates(self, transaction: OpenTransaction) -> bool:
        """Whether somebody has committed a newer version than the transaction's one snapshot may ever act on."""
        if transaction.isolation == "read committed":
            return False
        version: Version | None = self.newest
        while version is not None and version.commit == PENDING:
            version = version.previous
        return version is not None and version.commit > transaction.snapshot

    def seen_by(self, transaction: OpenTransaction, snapshot: int) -> Version | None:
        """The version that a snapshot shows: the transaction's own, else the newest committed before it."""
        version: Version | None = self.newest
        if version is not None and version.writer is transaction and version.commit == PENDING:
            return version
        while version is not None and version.commit > snapshot:
            version = version.previous
        return version

    def versions(self) -> Iterator[Version]:
        version: Version | None = self.newest
        while version is not None:
            yield version
            version = version.previous
