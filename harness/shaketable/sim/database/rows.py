"""Multi-version rows: the states a row has had, the transaction that holds its lock, and those that wait for it.

A transaction is known here only as a `Locker`: rows and transactions refer to each other, so both ends of that
relation stand in this file, and everything a transaction can do stands in files above.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Literal

from shaketable.history import Json
from shaketable.ports import Row
from shaketable.sim.database.serializable import Footprint

Isolation = Literal["read committed", "repeatable read", "serializable"]

PENDING = 1 << 62
"""The commit number of a version whose transaction is open: later than every snapshot."""


class Locker(ABC):
    """A transaction as rows and locks know it: it writes versions, sees a snapshot, holds locks and waits.

    It waits for at most one thing: a row's lock or another transaction's end.
    """

    __slots__ = (
        "footprint",
        "held",
        "isolation",
        "merged",
        "merged_writes",
        "owner",
        "racer",
        "snapshot",
        "until_end",
        "waiting_since",
        "waits_about",
        "waits_for",
        "watchers",
    )

    def __init__(self, owner: str, isolation: Isolation) -> None:
        self.owner = owner
        self.isolation: Isolation = isolation
        self.snapshot = -1  # none yet
        self.footprint: Footprint | None = None  # only at SERIALIZABLE, from the snapshot on
        self.held: list[StoredRow] = []
        self.merged: dict[
            StoredRow, None
        ] = {}  # of those held, the ones locked since a savepoint that was released
        self.merged_writes: dict[StoredRow, None] = {}  # written since a savepoint that was released
        self.watchers: list[Locker] = []
        self.until_end: list[Locker] = []  # those that wait for its end whatever it gives up before
        self.waits_for: StoredRow | Locker | None = None
        self.waits_about: StoredRow | None = None  # the row that the end it waits for decides about
        self.waiting_since = 0
        self.racer: object | None = None  # its name in a `Race`, from its statement's first wait on

    @abstractmethod
    def resume(self) -> None:
        """Continue the waiting statement: what it waited for has happened."""

    @abstractmethod
    def give_way(self, error: Exception) -> None:
        """Fail the waiting statement with `error`, and so the transaction, which frees what others wait for."""


class Version:
    """One state of a row. `row` None says that it is deleted; `row` is never changed afterwards.

    `place` is the position in the table: PostgreSQL writes every new version behind all others, and a scan meets
    them in that order.
    """

    __slots__ = ("commit", "place", "previous", "row", "writer")

    def __init__(
        self,
        row: Row | None,
        writer: Locker | None,
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

    def __init__(self, newest: Version, holder: Locker | None) -> None:
        self.newest = newest
        self.holder = holder
        self.queue: list[Locker] = []

    @property
    def gone(self) -> bool:
        """Deleted, and committed so."""
        return self.newest.row is None and self.newest.commit != PENDING

    def undecided_by(self, transaction: Locker) -> Locker | None:
        """Return the open transaction, other than this one, whose end decides what becomes of the row."""
        newest = self.newest
        return newest.writer if newest.commit == PENDING and newest.writer is not transaction else None

    def outdates(self, transaction: Locker) -> bool:
        """Tell whether the newest committed version is later than the one snapshot of the transaction."""
        if transaction.isolation == "read committed":
            return False
        version: Version | None = self.newest
        while version is not None and version.commit == PENDING:
            version = version.previous
        return version is not None and version.commit > transaction.snapshot

    def seen_by(self, transaction: Locker, snapshot: int) -> Version | None:
        """Return the version that a snapshot shows: the transaction's own, else the newest committed before it."""
        version: Version | None = self.newest
        if version is not None and version.writer is transaction and version.commit == PENDING:
            return version
        while version is not None and version.commit > snapshot:
            version = version.previous
        return version

    def versions(self) -> Iterator[Version]:
        """Yield every version still kept, the newest first."""
        version: Version | None = self.newest
        while version is not None:
            yield version
            version = version.previous


Found = tuple[Version, StoredRow]
"""A row that a scan found, in the version its snapshot shows."""


def sort_found(found: list[Found], order_by: Sequence[str]) -> None:
    """Sort `found` in place; `-column` descends; NULLs are the greatest, as in PostgreSQL."""
    for column in reversed(order_by):
        name = column.removeprefix("-")

        def rank(pair: Found, name: str = name) -> tuple[bool, Json]:
            row = pair[0].row
            value = None if row is None else row.get(name)
            return (value is None, 0 if value is None else value)

        found.sort(key=rank, reverse=column.startswith("-"))
