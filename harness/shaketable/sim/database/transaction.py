"""One transaction on the server, from its first statement to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, TypeVar

from shaketable.history import Json
from shaketable.ports import Change, Condition, Row, Scalar
from shaketable.sim.database import statements
from shaketable.sim.database.conditions import matches
from shaketable.sim.database.locks import release, withdraw
from shaketable.sim.database.rows import StoredRow, Version
from shaketable.sim.database.serializable import Footprint
from shaketable.sim.database.table import StoredTable

if TYPE_CHECKING:
    from shaketable.sim.database.logical import LogicalDatabase

T = TypeVar("T")
Isolation = Literal["read committed", "repeatable read", "serializable"]
State = Literal["open", "failed", "ended"]


class OpenTransaction:
    """A transaction of client `owner`. A statement returns its result, or a future when it must wait.

    A statement that raises fails the transaction, which gives up its locks at once; until it ends every
    further statement raises the transaction-aborted error. After its end, and after the loss of its
    connection, statements raise connection_lost.
    """

    __slots__ = (
        "_future",
        "_steps",
        "database",
        "effects",
        "footprint",
        "held",
        "isolation",
        "owner",
        "sealed",
        "snapshot",
        "state",
        "waiting_since",
        "waits_for",
        "watchers",
        "written",
    )

    def __init__(self, database: LogicalDatabase, owner: str, isolation: Isolation) -> None:
        self.database = database
        self.owner = owner
        self.isolation: Isolation = isolation
        self.state: State = "open"
        self.sealed = False  # its COMMIT is under way and outlives the connection
        self.snapshot = -1  # none yet
        self.footprint: Footprint | None = None
        self.held: list[StoredRow] = []
        self.written: list[tuple[StoredTable, StoredRow]] = []
        self.effects: list[Json] = []
        self.watchers: list[OpenTransaction] = []
        self.waits_for: StoredRow | OpenTransaction | None = None
        self.waiting_since = 0
        self._steps: Generator[None, None, Json] | None = None
        self._future: asyncio.Future[Json] | None = None

    def insert(
        self, table: str, row: Mapping[str, Scalar], *, on_conflict: Literal["error", "ignore"] = "error"
    ) -> Row | asyncio.Future[Row | None] | None:
        """See `shaketable.ports.Transaction.insert`."""
        stored = self.database.table(table)
        return self._run(statements.insert(self, stored, row, on_conflict == "ignore"))

    def select(
        self,
        table: str,
        *where: Condition,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        lock: statements.Locking = "none",
        poll: bool = False,
    ) -> list[Row] | asyncio.Future[list[Row]]:
        """See `shaketable.ports.Transaction.select`. A `poll` that finds rows is written down."""
        stored = self.database.table(table)
        steps = statements.select(self, stored, where, order_by, limit, lock)
        return self._run(self._polled(table, steps) if poll else steps)

    def update(
        self, table: str, changes: Mapping[str, Change], *where: Condition
    ) -> int | asyncio.Future[int]:
        """See `shaketable.ports.Transaction.update`."""
        return self._run(statements.update(self, self.database.table(table), changes, where))

    def delete(self, table: str, *where: Condition) -> int | asyncio.Future[int]:
        """See `shaketable.ports.Transaction.delete`."""
        return self._run(statements.delete(self, self.database.table(table), where))

    def commit(self) -> bool:
        """True if it committed; False if it had failed and so rolled back, which PostgreSQL reports as success.

        Raises the serialization failure (SERIALIZABLE; the transaction is over then) or connection_lost.
        """
        if self.state == "failed":
            self.rollback()
            return False
        self._admit()
        if self.footprint is not None and self.database.serializability.commit(self.footprint):
            self.rollback()
            raise self._not_serializable()
        self.database.commit(self)
        return True

    def rollback(self) -> None:
        """End without effect; a statement that waits raises connection_lost. Nothing happens after the end."""
        if self.state == "ended":
            return
        self.stop_waiting(self.database.errors.connection_lost("the transaction was rolled back"))
        self._fail()
        self.state = "ended"
        self.database.leave(self)

    def cancel(self) -> None:
        """The client takes back its running statement: that statement and so the transaction fail."""
        self.give_way(self.database.errors.connection_lost("the statement was cancelled"))

    def give_way(self, error: Exception) -> None:
        """Its waiting statement fails with `error`, and so the transaction: it frees what others wait for."""
        self.stop_waiting(error)
        self._fail()

    def stop_waiting(self, error: Exception) -> None:
        """Leave the queue; the statement that waits, if one does, ends with `error`. Locks stay held."""
        future = self._future
        if self._steps is None or future is None:
            return
        withdraw(self)
        self._finish()
        if not future.done():
            future.set_exception(error)
            future.exception()  # whoever waited may be gone: nothing to complain about

    def resume(self) -> None:
        """What the statement waited for has happened."""
        steps, future = self._steps, self._future
        if steps is None or future is None:
            return
        try:
            steps.send(None)
        except StopIteration as done:
            self._finish()
            if not future.done():
                future.set_result(done.value)
        except Exception as error:  # whatever a statement raises fails its transaction, as on the server
            self._finish()
            self._fail()
            if not future.done():
                future.set_exception(error)
                future.exception()
        else:
            self.waiting_since = self.database.next_wait()

    def note_read(self, table: StoredTable, where: Sequence[Condition]) -> None:
        """SERIALIZABLE: remember the question, and whose answers this snapshot is too old for.

        A doomed transaction learns it when it next looks at a row, writes one or commits, as in PostgreSQL.
        """
        footprint = self.footprint
        if footprint is None:
            return
        footprint.asked.append((table.name, where))
        for stored in table.candidates(where):
            if footprint.doomed:
                raise self._not_serializable()
            for version in stored.versions():
                if version.commit <= self.snapshot:
                    break
                writer = version.writer
                if writer is None or writer.footprint is None or not _concerns(version, where):
                    continue
                if self.database.serializability.saw_overwritten(footprint, writer.footprint):
                    raise self._not_serializable()

    def note_write(self, table: StoredTable, old: Row | None, new: Row | None) -> None:
        """SERIALIZABLE: whose answers this write changes."""
        footprint = self.footprint
        if footprint is not None and (
            footprint.doomed or self.database.serializability.wrote(footprint, table.name, old, new)
        ):
            raise self._not_serializable()

    def _run(self, steps: Generator[None, None, T]) -> T | asyncio.Future[T]:
        self._admit()
        if self.isolation == "read committed" or self.snapshot < 0:
            self._look()
        try:
            steps.send(None)
        except StopIteration as done:
            result: T = done.value
            return result
        except Exception:  # whatever a statement raises fails its transaction, as on the server
            self._fail()
            raise
        self._steps = steps
        future: asyncio.Future[T] = self.database.make_future()
        self._future = future
        self.waiting_since = self.database.next_wait()
        self.database.hold_snapshot(self)
        return future

    def _polled(self, table: str, steps: statements.Steps[list[Row]]) -> statements.Steps[list[Row]]:
        rows = yield from steps
        if rows:
            self.database.record_poll(self.owner, table, len(rows))
        return rows

    def _admit(self) -> None:
        if self.state == "ended":
            raise self.database.errors.connection_lost("the connection of this transaction is gone")
        if self.state == "failed":
            raise self.database.errors.transaction_aborted(
                "the transaction is aborted: commands are ignored until its end"
            )
        if self._steps is not None:
            raise RuntimeError("another statement of this transaction is still running")

    def _look(self) -> None:
        self.snapshot = self.database.commits
        if self.isolation != "read committed":
            self.database.hold_snapshot(self)
            if self.isolation == "serializable":
                self.footprint = self.database.serializability.enter()

    def _finish(self) -> None:
        self._steps = None
        self._future = None
        if self.isolation == "read committed":
            self.database.drop_snapshot(self)

    def _fail(self) -> None:
        if self.state != "open":
            return
        self.state = "failed"
        for table, stored in reversed(self.written):
            table.undo(stored)
        if self.footprint is not None:
            self.database.serializability.abort(self.footprint)
        self.database.drop_snapshot(self)
        self.database.retire(self)
        self.database.wake(release(self))

    def _not_serializable(self) -> Exception:
        return self.database.errors.serialization_failure(
            "could not serialize access: read and write dependencies among transactions"
        )


def _concerns(version: Version, where: Sequence[Condition]) -> bool:
    """Whether this version changed the answer to `where`."""
    before = version.previous
    if version.row is not None and matches(version.row, where):
        return True
    return before is not None and before.row is not None and matches(before.row, where)
