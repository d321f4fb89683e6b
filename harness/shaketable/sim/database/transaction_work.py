"""The reads and writes of one transaction so far: all that its statements act on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from shaketable.history import Json
from shaketable.ports import Condition
from shaketable.sim.database.access_path import AccessPath, is_impossible
from shaketable.sim.database.logical_database import LogicalDatabase
from shaketable.sim.database.notifications import Notification
from shaketable.sim.database.predicate_locks import Target, index_page, page_of, tuple_at, whole_table
from shaketable.sim.database.rows import Isolation, Locker, StoredRow, Version
from shaketable.sim.database.serializable import Footprint
from shaketable.sim.database.table import StoredTable


@dataclass(frozen=True, slots=True)
class Savepoint:
    """How far a transaction had come: the last place of each table, and how many locks, effects and notifications it had."""

    name: str
    places: Mapping[str, int]
    held: int
    effects: int
    said: int


class TransactionWork(Locker):
    """The rows a transaction wrote, their `effects` for the oracle, and its footprint at SERIALIZABLE.

    A doomed transaction learns it when it next looks at a row, writes one or commits, as in PostgreSQL: every `note_...`
    may raise the serialization failure.
    """

    __slots__ = ("database", "effects", "said", "savepoints", "written")

    def __init__(self, database: LogicalDatabase, owner: str, isolation: Isolation) -> None:
        super().__init__(owner, isolation)
        self.database = database
        self.written: list[tuple[StoredTable, StoredRow]] = []
        self.effects: list[Json] = []
        self.said: dict[Notification, None] = {}
        self.savepoints: list[Savepoint] = []

    def note_read(self, table: StoredTable, where: Sequence[Condition], order_by: Sequence[str] = ()) -> None:
        """Remember, at SERIALIZABLE, what a scan reads, and the writers whose rows this snapshot is too old to see."""
        footprint = self.footprint
        if footprint is None or is_impossible(table, where):
            return
        path = AccessPath(table, where, order_by)
        locks = self.database.serializability.locks
        if path.index is None:
            locks.lock_table(footprint, table.name)
            if footprint.doomed and table.is_paged:
                raise self.not_serializable()
        else:
            locks.lock_index(footprint, table.name, table.unique.index(path.index))
        for chain in path.chains():
            for version, newer in chain:
                is_shown = self._is_shown(version, newer)
                self._note_overwritten(
                    footprint, (newer if newer is not None else version) if is_shown else version
                )
                if is_shown:
                    if version.writer is not self:
                        locks.lock_tuple(footprint, table.name, version.place)
                    break

    def mark(self, name: str) -> None:
        """Set a savepoint here."""
        places = {table.name: table.last_place for table in self.database.tables.values()}
        self.savepoints.append(Savepoint(name, places, len(self.held), len(self.effects), len(self.said)))

    def written_since(self, savepoint: Savepoint) -> Iterator[StoredRow]:
        """Yield the rows that it wrote after a savepoint."""
        for table, stored in self.written:
            if stored.newest.place > savepoint.places[table.name]:
                yield stored

    def return_to(self, savepoint: Savepoint) -> None:
        """Undo what came after a savepoint, and release the locks taken since: one instant. What was read stays read."""
        written, self.written = self.written, []
        del self.effects[savepoint.effects :]
        self.said = dict.fromkeys([*self.said][: savepoint.said])
        self.written = self.database.return_to(self, written, savepoint.places, savepoint.held)
        still = {stored: None for _, stored in self.written}
        self.merged_writes = {stored: None for stored in self.merged_writes if stored in still}

    def note_insert(self, table: StoredTable) -> None:
        """Remember, at SERIALIZABLE, that a tuple is put into the table."""
        if self.footprint is not None:
            self._note_write(self.footprint, whole_table(table.name))

    def note_write(self, table: StoredTable, old: Version) -> None:
        """Remember, at SERIALIZABLE, that the tuple `old` is replaced or deleted."""
        footprint = self.footprint
        if footprint is not None:
            self._note_write(footprint, tuple_at(table.name, old.place))
            if not self.savepoints:  # what a savepoint may take back leaves the lock of the read in force
                self.database.serializability.locks.unlock_tuple(footprint, table.name, old.place)
            self._note_write(footprint, page_of(table.name))
            self._note_write(footprint, whole_table(table.name))

    def note_entry(self, table: StoredTable, number: int) -> None:
        """Remember, at SERIALIZABLE, that the index of this number gets an entry."""
        if self.footprint is not None:
            self._note_write(self.footprint, index_page(table.name, number))

    def not_serializable(self) -> Exception:
        """Make the serialization failure of a transaction that SERIALIZABLE refuses."""
        return self.database.errors.serialization_failure(
            "could not serialize access: read and write dependencies among transactions"
        )

    def _is_shown(self, version: Version, newer: Version | None) -> bool:
        """Tell whether the snapshot shows this very state."""
        return self._sees(version) and (newer is None or not self._sees(newer))

    def _sees(self, version: Version) -> bool:
        return version.commit <= self.snapshot or version.writer is self

    def _note_overwritten(self, footprint: Footprint, by: Version) -> None:
        if footprint.doomed:
            raise self.not_serializable()
        writer = by.writer
        if writer is None or writer is self or writer.footprint is None or by.commit <= self.snapshot:
            return
        if self.database.serializability.saw(footprint, writer.footprint):
            raise self.not_serializable()

    def _note_write(self, footprint: Footprint, target: Target) -> None:
        if footprint.doomed or self.database.serializability.wrote(footprint, target):
            raise self.not_serializable()
