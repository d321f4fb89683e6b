"""One logical database: its tables, the commit counter, and the snapshots that still need old versions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence

from shaketable.commits.slot import misdeclared
from shaketable.errors import HarnessError, UsageError
from shaketable.history import Json
from shaketable.ports import Condition, Errors, Row
from shaketable.sim.channel import Oracle
from shaketable.sim.database.conditions import narrowing
from shaketable.sim.database.lock_waits import Locks
from shaketable.sim.database.logical_log import LogicalLog
from shaketable.sim.database.notifications import Notifications
from shaketable.sim.database.rows import PENDING, Locker, StoredRow, Version
from shaketable.sim.database.serializable import Serializability
from shaketable.sim.database.table import StoredTable
from shaketable.subject import DatabaseSpec

Written = Sequence[tuple[StoredTable, StoredRow]]
"""The rows that one transaction wrote, in order, each with its table."""
Prepared = tuple[Locker, Written, list[Json]]
"""A prepared transaction: who holds its locks, what it wrote, and that as effects."""


class LogicalDatabase:
    """All that the transactions of one database share. Made complete with the initial rows of `spec`."""

    def __init__(
        self,
        spec: DatabaseSpec,
        errors: Errors,
        oracle: Oracle,
        make_future: Callable[[], asyncio.Future[Json]],
    ) -> None:
        self.name = spec.name
        self.errors = errors
        self.make_future = make_future
        self.serializability = Serializability()
        self.locks = Locks(errors)
        self.notifications = Notifications()
        for problem in misdeclared(spec.slots, [table.name for table in spec.tables]):
            raise UsageError(f"database {spec.name!r}: {problem}")
        self.log = LogicalLog(spec.slots)
        self._planned: dict[tuple[str, tuple[tuple[str, str], ...]], None] = {}
        self._is_logged = bool(spec.slots)
        self.commits = 0
        self.tables = {table.name: StoredTable(table, errors) for table in spec.tables}
        for table in spec.tables:
            for row in table.rows:
                self.tables[table.name].load(row)
        self._oracle = oracle
        self._snapshots: dict[Locker, None] = {}
        self._untrimmed: list[tuple[StoredTable, StoredRow]] = []
        self.prepared: dict[str, Prepared] = {}
        """The prepared transactions, which survive every crash, by name."""

    def table(self, name: str) -> StoredTable:
        """Return the table; HarnessError names those that exist."""
        found = self.tables.get(name)
        if found is None:
            raise HarnessError(
                f"database {self.name!r} has no table {name!r}, only {', '.join(self.tables) or 'none'}"
            )
        return found

    def prepare(self, transaction: Locker, name: str, written: Written, effects: list[Json]) -> None:
        """Keep a transaction that its client has left, with its locks, until it is ended by name; the oracle is told."""
        self.drop_snapshot(transaction)
        self.prepared[name] = (transaction, written, effects)
        if written:
            told = {"db": self.name, "writes": effects, "name": name}
            self._oracle("effect", transaction.owner, "prepare_transaction", told)

    def end_prepared(self, name: str, owner: str, *, commit: bool) -> None:
        """Commit a prepared transaction, or roll it back, for the client `owner`. Raises not_prepared if there is none of this name."""
        found = self.prepared.pop(name, None)
        if found is None:
            raise self.errors.not_prepared(f"no prepared transaction is called {name!r}")
        transaction, written, effects = found
        if commit:
            self.commit(transaction, written, effects, name)
        else:
            if written:
                self._oracle("effect", owner, "rollback_prepared", {"db": self.name, "name": name})
            self.abort(transaction, written)

    def commit(self, transaction: Locker, written: Written, effects: list[Json], name: str = "") -> None:
        """Make the writes visible, tell the oracle their `effects`, release the locks: one instant.

        `name`: of a transaction that was prepared.
        """
        self._snapshots.pop(transaction, None)
        moved: Container[StoredRow] = ()
        if written:
            self.commits += 1
            for _, stored in written:
                version: Version | None = stored.newest
                while version is not None and version.commit == PENDING:
                    version.commit = self.commits  # also what it wrote before: a scan still comes to it
                    version = version.previous
            if self.locks.who_first or self.locks.race:
                moved = {stored: None for _, stored in written}
            self._trim(written)
            if self._is_logged:
                self.log.commit(effects)
            told: Json = {"db": self.name, "writes": effects}
            self._oracle("effect", transaction.owner, "commit", {**told, "prepared": name} if name else told)
        self.drop_snapshot(transaction)
        footprint = transaction.footprint
        is_woken_early = footprint is not None and self.locks.choose_early(transaction)
        if footprint is not None and not is_woken_early:
            self.serializability.commit(footprint)
        if transaction.held or transaction.watchers or transaction.until_end:
            self.locks.release(transaction, moved)
        if footprint is not None and is_woken_early:
            self.serializability.commit(footprint)

    def abort(self, transaction: Locker, written: Written) -> None:
        """Undo the writes and release the locks: one instant."""
        for table, stored in reversed(written):
            table.undo(stored)
        footprint = transaction.footprint
        is_woken_early = footprint is not None and self.locks.choose_early(transaction)
        if footprint is not None and not is_woken_early:
            self.serializability.abort(footprint)
        self.drop_snapshot(transaction)
        self._trim(written)
        self.locks.release(transaction)
        if footprint is not None and is_woken_early:
            self.serializability.abort(footprint)

    def return_to(
        self, transaction: Locker, written: Written, places: Mapping[str, int], held: int
    ) -> list[tuple[StoredTable, StoredRow]]:
        """Undo what is behind `places` of the tables, release the locks from number `held` on; return what is still written."""
        for table, stored in reversed(written):
            if stored.newest.writer is transaction and stored.newest.commit == PENDING:
                table.undo(stored, places[table.name])
        still = [pair for pair in written if pair[1].newest.writer is transaction]
        self._trim([pair for pair in written if pair not in still])
        self.locks.release_since(transaction, held)
        return still

    def record_poll(self, owner: str, table: StoredTable, where: Sequence[Condition], rows: int) -> None:
        """Tell the oracle that a poll of `owner` found rows, and when it asks so for the first time by which index."""
        self._oracle("effect", owner, "poll", {"db": self.name, "table": table.name, "rows": rows})
        indexes = table.spec.indexes
        if indexes is None:
            return
        asked = table.name, tuple((column, sign) for column, sign, _ in where)
        if asked not in self._planned:
            self._planned[asked] = None
            index = ",".join(narrowing((table.spec.key, *table.spec.unique, *indexes), where))
            self._oracle("effect", owner, "plan", {"db": self.name, "table": table.name, "index": index})

    def hold_snapshot(self, transaction: Locker) -> None:
        """Keep old versions: the transaction's snapshot may still read them."""
        self._snapshots[transaction] = None

    def drop_snapshot(self, transaction: Locker) -> None:
        """Stop keeping old versions for the transaction, and trim all rows if no other snapshot is left."""
        self._snapshots.pop(transaction, None)
        if self._untrimmed and not self._snapshots:
            decided, self._untrimmed = self._untrimmed, []
            self._trim(decided)

    def read_out(self, table: str) -> list[Row]:
        """Return copies of the committed rows, in order of insertion."""
        return [row.copy() for row in self.table(table).committed()]

    def _trim(self, decided: Written) -> None:
        """Trim rows whose writer has ended: now, or once no snapshot is left."""
        if self._snapshots:
            self._untrimmed += decided
            return
        for table, stored in decided:
            if stored.newest.commit != PENDING:
                table.trim(stored)
