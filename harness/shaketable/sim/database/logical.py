"""One logical database: tables, the commit counter, and the snapshots that still need old versions."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Container

from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.ports import Errors
from shaketable.sim.channel import Oracle
from shaketable.sim.database.locks import Choice, release
from shaketable.sim.database.rows import PENDING, StoredRow
from shaketable.sim.database.serializable import Serializability
from shaketable.sim.database.table import StoredTable
from shaketable.sim.database.transaction import Isolation, OpenTransaction
from shaketable.subject import DatabaseSpec


class LogicalDatabase:
    """Made by a DatabaseServer; transactions call back here to commit, to wake waiters and to be forgotten."""

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
        self.commits = 0
        self.opened: dict[OpenTransaction, None] = {}
        self.who_first: Choice | None = None
        self.victim: Choice | None = None
        self.tables = {table.name: StoredTable(table, errors) for table in spec.tables}
        for table in spec.tables:
            for row in table.rows:
                self.tables[table.name].load(row)
        self._oracle = oracle
        self._snapshots: dict[OpenTransaction, None] = {}
        self._untrimmed: list[tuple[StoredTable, StoredRow]] = []
        self._awake: deque[OpenTransaction] = deque()
        self._waking = False
        self._waits = 0

    def table(self, name: str) -> StoredTable:
        """The table; HarnessError names those that exist."""
        found = self.tables.get(name)
        if found is None:
            raise HarnessError(
                f"database {self.name!r} has no table {name!r}, only {', '.join(self.tables) or 'none'}"
            )
        return found

    def begin(self, owner: str, isolation: Isolation) -> OpenTransaction:
        transaction = OpenTransaction(self, owner, isolation)
        self.opened[transaction] = None
        return transaction

    def commit(self, transaction: OpenTransaction) -> None:
        """Make its writes visible, write them down, release its locks: one instant."""
        self._snapshots.pop(transaction, None)
        moved: Container[StoredRow] = ()
        if transaction.written:
            self.commits += 1
            for _, stored in transaction.written:
                stored.newest.commit = self.commits
            moved = {stored: None for _, stored in transaction.written} if self.who_first else ()
            self.retire(transaction)
            self._oracle(
                "effect", transaction.owner, "commit", {"db": self.name, "writes": transaction.effects}
            )
        transaction.state = "ended"
        self.leave(transaction)
        if transaction.held or transaction.watchers:
            self.wake(release(transaction, moved))

    def record_poll(self, owner: str, table: str, rows: int) -> None:
        self._oracle("effect", owner, "poll", {"db": self.name, "table": table, "rows": rows})

    def retire(self, transaction: OpenTransaction) -> None:
        """Its writes are decided: trim the rows now, or once no snapshot is left."""
        if self._snapshots:
            self._untrimmed += transaction.written
        else:
            for table, stored in transaction.written:
                if stored.newest.commit != PENDING:
                    table.trim(stored)
        transaction.written = []

    def leave(self, transaction: OpenTransaction) -> None:
        transaction.effects = []
        self.opened.pop(transaction, None)
        self.drop_snapshot(transaction)

    def hold_snapshot(self, transaction: OpenTransaction) -> None:
        self._snapshots[transaction] = None

    def drop_snapshot(self, transaction: OpenTransaction) -> None:
        self._snapshots.pop(transaction, None)
        if self._untrimmed and not self._snapshots:
            decided, self._untrimmed = self._untrimmed, []
            for table, stored in decided:
                if stored.newest.commit != PENDING:
                    table.trim(stored)

    def next_wait(self) -> int:
        self._waits += 1
        return self._waits

    def wake(self, awake: list[OpenTransaction]) -> None:
        """Let waiters go on in this order; those they wake in turn come after them."""
        self._awake += awake
        if self._waking:
            return
        self._waking = True
        while self._awake:
            if self.who_first and len(self._awake) > 1:
                first = self._awake[chosen := self.who_first(len(self._awake))]
                del self._awake[chosen]
                first.resume()
            else:
                self._awake.popleft().resume()
        self._waking = False

    def read_out(self, table: str) -> list[dict[str, Json]]:
        """The committed rows, in order of insertion."""
        return [row.copy() for row in self.table(table).committed()]
