"""The reads and writes of one transaction so far: all that its statements act on."""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.history import Json
from shaketable.ports import Condition, Row
from shaketable.sim.database.conditions import matches
from shaketable.sim.database.logical_database import LogicalDatabase
from shaketable.sim.database.rows import Isolation, Locker, StoredRow, Version
from shaketable.sim.database.table import StoredTable


class TransactionWork(Locker):
    """The rows a transaction wrote, their `effects` for the oracle, and its footprint at SERIALIZABLE."""

    __slots__ = ("database", "effects", "written")

    def __init__(self, database: LogicalDatabase, owner: str, isolation: Isolation) -> None:
        super().__init__(owner, isolation)
        self.database = database
        self.written: list[tuple[StoredTable, StoredRow]] = []
        self.effects: list[Json] = []

    def note_read(self, table: StoredTable, where: Sequence[Condition]) -> None:
        """Remember, at SERIALIZABLE, the question and the writers whose rows this snapshot is too old to see.

        A doomed transaction learns it when it next looks at a row, writes one or commits, as in PostgreSQL.
        Raises the serialization failure.
        """
        footprint = self.footprint
        if footprint is None:
            return
        footprint.asked.append((table.name, where))
        for stored in table.candidates(where):
            if footprint.doomed:
                raise self.not_serializable()
            for version in stored.versions():
                if version.commit <= self.snapshot:
                    break
                writer = version.writer
                if writer is None or writer.footprint is None or not _concerns(version, where):
                    continue
                if self.database.serializability.saw_overwritten(footprint, writer.footprint):
                    raise self.not_serializable()

    def note_write(self, table: StoredTable, old: Row | None, new: Row | None) -> None:
        """Remember, at SERIALIZABLE, the readers whose answers this write changes; may raise as `note_read`."""
        footprint = self.footprint
        if footprint is not None and (
            footprint.doomed or self.database.serializability.wrote(footprint, table.name, old, new)
        ):
            raise self.not_serializable()

    def not_serializable(self) -> Exception:
        """Make the serialization failure of a transaction that SERIALIZABLE refuses."""
        return self.database.errors.serialization_failure(
            "could not serialize access: read and write dependencies among transactions"
        )


def _concerns(version: Version, where: Sequence[Condition]) -> bool:
    """Tell whether this version changed the answer to `where`."""
    before = version.previous
    if version.row is not None and matches(version.row, where):
        return True
    return before is not None and before.row is not None and matches(before.row, where)
