"""One transaction on the server, from its beginning to its end: it runs its statements, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Mapping, Sequence
from typing import Literal, NoReturn, TypeVar

from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.ports import Change, Condition, Row, Scalar
from shaketable.sim.database import statements
from shaketable.sim.database.lock_waits import withdraw
from shaketable.sim.database.logical_database import LogicalDatabase
from shaketable.sim.database.rows import Isolation
from shaketable.sim.database.table import StoredTable
from shaketable.sim.database.transaction_work import TransactionWork

T = TypeVar("T")
Opened = dict["OpenTransaction", None]
"""The open transactions of one database, in the order of their beginning."""


class OpenTransaction(TransactionWork):
    """A transaction of client `owner`. A statement returns its result, or a future when it must wait.

    A statement that raises fails the transaction, which gives up its locks at once; until it ends, every
    further statement raises the transaction-aborted error. After its end, and after the loss of its
    connection, statements raise connection_lost.
    """

    __slots__ = ("_future", "_opened", "_steps", "sealed", "status")

    def __init__(self, database: LogicalDatabase, owner: str, isolation: Isolation, opened: Opened) -> None:
        """Enter the transaction in `opened`, which it leaves at its end."""
        super().__init__(database, owner, isolation)
        self.status: Literal["open", "failed", "ended"] = "open"
        self.sealed = False  # its COMMIT is under way and outlives the connection
        self._opened = opened
        self._steps: Generator[None, None, Json] | None = None
        self._future: asyncio.Future[Json] | None = None
        opened[self] = None

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
        """See `shaketable.ports.Transaction.select`. A `poll` that finds rows is told to the oracle."""
        stored = self.database.table(table)
        steps = statements.select(self, stored, where, order_by, limit, lock)
        return self._run(self._polled(stored, where, steps) if poll else steps)

    def upsert(
        self, table: str, row: Mapping[str, Scalar], changes: Mapping[str, Change]
    ) -> Row | asyncio.Future[Row]:
        """Insert `row`, or change the row that has its primary key: ON CONFLICT DO UPDATE."""
        return self._run(statements.upsert(self, self.database.table(table), row, changes))

    def update(
        self, table: str, changes: Mapping[str, Change], *where: Condition
    ) -> int | asyncio.Future[int]:
        """See `shaketable.ports.Transaction.update`."""
        return self._run(statements.update(self, self.database.table(table), changes, where))

    def delete(self, table: str, *where: Condition) -> int | asyncio.Future[int]:
        """See `shaketable.ports.Transaction.delete`."""
        return self._run(statements.delete(self, self.database.table(table), where))

    def notify(self, channel: str, payload: str) -> None:
        """See `shaketable.ports.Transaction.notify`."""
        self._admit()
        self.said[channel, payload] = None

    def commit(self) -> bool:
        """Return True if it committed, False if it had failed and so rolled back: to PostgreSQL that is success.

        Raises the serialization failure (SERIALIZABLE; the transaction is over then) or connection_lost.
        """
        if not self._ends_well():
            return False
        self._end()
        written, self.written = self.written, []
        effects, self.effects = self.effects, []
        self.database.commit(self, written, effects)
        if self.said:
            self.database.notifications.deliver(self.said)
        return True

    def _ends_well(self) -> bool:
        """Tell whether it may commit or be prepared; False if it had failed and is rolled back. Raises the serialization failure."""
        if self.status == "failed":
            self.rollback()
            return False
        self._admit()
        if self.footprint is not None and self.database.serializability.prepare(self.footprint):
            self.rollback()
            raise self.not_serializable()
        return True

    def prepare(self, name: str) -> bool:
        """Leave the transaction to the database, with its locks, as `name`; False if it had failed and so rolled back.

        Raises unique_violation if the name is taken, or the serialization failure; the transaction is over then.
        """
        if not self._ends_well():
            return False
        if name in self.database.prepared:
            self.rollback()
            raise self.database.errors.unique_violation(f"a prepared transaction is called {name!r} already")
        self._end()
        self.database.prepare(self, name, self.written, self.effects)
        return True

    def savepoint(self, name: str) -> None:
        """Set a savepoint. One of the same name that was set before is hidden until this one is released."""
        self._admit()
        self.mark(name)

    def release(self, name: str) -> None:
        """Forget a savepoint and those after it; what they could take back only the transaction can now."""
        self._admit()
        at = self._savepoint(name)
        self.merged |= dict.fromkeys(self.held[self.savepoints[at].held :])
        self.merged_writes |= dict.fromkeys(self.written_since(self.savepoints[at]))
        del self.savepoints[at:]

    def rollback_to(self, name: str) -> None:
        """Undo what came after a savepoint, and the failure of the transaction; the savepoint stays."""
        if self.status != "failed":
            self._admit()
        at = self._savepoint(name)
        del self.savepoints[at + 1 :]
        self.status = "open"
        self.return_to(self.savepoints[at])

    def refuse(self, error: Exception) -> NoReturn:
        """Raise `error`, which fails the transaction, instead of executing a statement."""
        self._admit()
        self._fail()
        raise error

    def rollback(self) -> None:
        """End without effect; a statement that waits raises connection_lost. Nothing happens after the end."""
        if self.status == "ended":
            return
        self.stop_waiting(self.database.errors.connection_lost("the transaction was rolled back"))
        if self.status == "open" or self.savepoints:
            self._undo()
        self._end()
        self.effects = []
        self.database.drop_snapshot(self)

    def cancel(self) -> None:
        """Fail the running statement, and so the transaction, because the client takes it back."""
        self.give_way(self.database.errors.connection_lost("the statement was cancelled"))

    def give_way(self, error: Exception) -> None:
        """See `Locker.give_way`."""
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
            future.exception()  # its client may be gone, and then nothing else retrieves the error

    def resume(self) -> None:
        """See `Locker.resume`."""
        steps, future = self._steps, self._future
        if steps is None or future is None:
            return
        try:
            steps.send(None)
        except StopIteration as done:
            self._finish()
            if not future.done():
                future.set_result(done.value)
        except Exception as error:  # any error of a statement fails its transaction, as on the server
            self._finish()
            self._fail()
            if not future.done():
                future.set_exception(error)
                future.exception()

    def _run(self, steps: Generator[None, None, T]) -> T | asyncio.Future[T]:
        self._admit()
        if self.isolation == "read committed" or self.snapshot < 0:
            self._look()
        try:
            steps.send(None)
        except StopIteration as done:
            result: T = done.value
            return result
        except Exception:  # any error of a statement fails its transaction, as on the server
            self._fail()
            raise
        self._steps = steps
        future: asyncio.Future[T] = self.database.make_future()
        self._future = future
        self.database.hold_snapshot(self)
        return future

    def _polled(
        self, table: StoredTable, where: Sequence[Condition], steps: statements.Steps[list[Row]]
    ) -> statements.Steps[list[Row]]:
        rows = yield from steps
        if rows:
            self.database.record_poll(self.owner, table, where, len(rows))
        return rows

    def _admit(self) -> None:
        if self.status == "ended":
            raise self.database.errors.connection_lost("the connection of this transaction is gone")
        if self.status == "failed":
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
        if self.status != "open":
            return
        self.status = "failed"
        if self.savepoints:
            self.return_to(self.savepoints[-1])
        else:
            self._undo()

    def _undo(self) -> None:
        self.savepoints.clear()
        written, self.written = self.written, []
        self.database.abort(self, written)

    def _savepoint(self, name: str) -> int:
        """Return the place of a savepoint among those that are set; HarnessError, which fails the transaction, if it is not."""
        for at in reversed(range(len(self.savepoints))):
            if self.savepoints[at].name == name:
                return at
        self._fail()
        raise HarnessError(f"no savepoint {name!r} is set in this transaction")

    def _end(self) -> None:
        self.status = "ended"
        self._opened.pop(self, None)
