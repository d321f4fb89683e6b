"""The database port on PostgreSQL, by asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal

import asyncpg

from shaketable.ports import (
    Change,
    CheckViolation,
    Condition,
    ConnectionLost,
    DeadlockDetected,
    LockNotAvailable,
    NotPrepared,
    Row,
    Scalar,
    SerializationFailure,
    StatementCancelled,
    Timeout,
    TransactionAborted,
    UniqueViolation,
)
from shaketable_targets.adapters import postgres_log as log
from shaketable_targets.adapters import postgres_sql as sql
from shaketable_targets.adapters.postgres_listener import PostgresListener
from shaketable_targets.adapters.postgres_pool import Pool

Isolation = Literal["read committed", "repeatable read", "serializable"]

_BEGIN: Mapping[Isolation, str] = {
    "read committed": "BEGIN;",
    "repeatable read": "BEGIN ISOLATION LEVEL REPEATABLE READ;",
    "serializable": "BEGIN ISOLATION LEVEL SERIALIZABLE;",
}
_MEANING: tuple[tuple[type[Exception], type[Exception]], ...] = (
    (asyncpg.UniqueViolationError, UniqueViolation),
    (asyncpg.CheckViolationError, CheckViolation),
    (asyncpg.NotNullViolationError, CheckViolation),
    (asyncpg.SerializationError, SerializationFailure),
    (asyncpg.DeadlockDetectedError, DeadlockDetected),
    (asyncpg.QueryCanceledError, StatementCancelled),
    (asyncpg.LockNotAvailableError, LockNotAvailable),
    (asyncpg.ObjectInUseError, LockNotAvailable),
    (asyncpg.InFailedSQLTransactionError, TransactionAborted),
    (asyncpg.UndefinedObjectError, NotPrepared),
    (asyncpg.DuplicateObjectError, UniqueViolation),
)
_LOST = (OSError, asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError)


def _seconds(ms: float) -> float:
    return ms / 1000


class PostgresDatabase:
    """A `Database`. An answer is waited for `io_timeout_ms`, in real milliseconds; `real_s` converts other milliseconds."""

    def __init__(
        self,
        url: str,
        io_timeout_ms: float,
        *,
        connections_max: int = 8,
        real_s: Callable[[float], float] = _seconds,
    ) -> None:
        self._io_timeout_s = io_timeout_ms / 1000
        self._pool = Pool(url, connections_max, self._io_timeout_s)
        self._real_s = real_s
        self._listeners: list[PostgresListener] = []

    def transaction(self, isolation: Isolation = "read committed") -> PostgresTransaction:
        """Open a transaction: COMMIT when the block ends, ROLLBACK when it raises."""
        return PostgresTransaction(self._pool, self._io_timeout_s, isolation)

    async def prepared(self) -> list[str]:
        """See `shaketable.ports.Database`."""
        async with self.transaction() as tx:
            return await tx.prepared_here()

    async def commit_prepared(self, name: str) -> None:
        """See `shaketable.ports.Database`."""
        await self.transaction().alone(sql.commit_prepared(name))

    async def rollback_prepared(self, name: str) -> None:
        """See `shaketable.ports.Database`."""
        await self.transaction().alone(sql.rollback_prepared(name))

    async def open(self) -> None:
        """Connect, so that the first transaction need not wait for it. Raises Refused or Timeout."""
        connection, _ = await self._pool.take()
        self._pool.give_back(connection)

    async def listen(self, channel: str) -> PostgresListener:
        """See `shaketable.ports.Database`."""
        connection = await self._pool.connect()
        listener = PostgresListener(connection, self._real_s)
        try:
            async with asyncio.timeout(self._io_timeout_s):
                await listener.begin(channel)
        except TimeoutError:
            listener.close()
            raise Timeout("the database has not answered in time") from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            listener.close()
            raise ConnectionLost(str(error)) from error
        self._listeners.append(listener)
        return listener

    async def peek(self, slot: str, rows_max: int) -> list[log.PublishedTransaction]:
        """See `shaketable.ports.Database`."""
        async with self.transaction() as tx:
            changes = await tx.fetch(log.PEEK, slot, log.messages_max(rows_max), slot)
        return log.whole(((change["lsn"], bytes(change["data"])) for change in changes), rows_max)

    async def advance(self, slot: str, position: int) -> None:
        """See `shaketable.ports.Database`."""
        try:
            async with self.transaction() as tx:
                await tx.fetch(log.ADVANCE, slot, log.lsn(position))
        except asyncpg.ObjectNotInPrerequisiteStateError:
            return  # it has passed this position already

    async def close(self) -> None:
        for listener in self._listeners:
            listener.close()
        await self._pool.close()


class PostgresTransaction:
    """A `Transaction` on one connection; each statement is one round trip.

    A connection on which a statement timed out, was lost or was cancelled is closed at once, without a request to
    cancel (which would need a further connection); the server rolls back when it notices. Every later statement, and
    the commit, then raise ConnectionLost and send nothing. A COMMIT that raises Timeout or ConnectionLost may have
    committed. A COMMIT after a statement that failed rolls back without an error, as PostgreSQL does.
    """

    def __init__(self, pool: Pool, io_timeout_s: float, isolation: Isolation) -> None:
        self._pool = pool
        self._io_timeout_s = io_timeout_s
        self._isolation: Isolation = isolation
        self._connection: Any = None
        self._timed_out = False
        self._is_prepared = False

    async def __aenter__(self) -> PostgresTransaction:
        while True:
            self._connection, used_before = await self._pool.take()
            try:
                await self._ask(self._connection.execute(_BEGIN[self._isolation]))
                return self
            except ConnectionLost:
                self._give_back()
                if not used_before:
                    raise
                # The connection had died unnoticed. A BEGIN has no effect, so another connection may be tried.
            except BaseException:
                self._give_back()
                raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._is_prepared:
                return
            if kind is None:
                await self._ask(self._connection.execute("COMMIT;"))
            elif kind is GeneratorExit:
                self._connection.terminate()  # a closed coroutine must not await
            elif not self._connection.is_closed():
                await self._rollback()
        finally:
            self._give_back()

    async def insert(
        self, table: str, row: Mapping[str, Scalar], *, on_conflict: Literal["error", "ignore"] = "error"
    ) -> Row | None:
        """See `shaketable.ports.Transaction`."""
        text, values = sql.insert(table, row, on_conflict)
        rows = await self._ask(self._connection.fetch(text, *values))
        return dict(rows[0]) if rows else None

    async def select(
        self,
        table: str,
        *where: Condition,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        lock: Literal["none", "update", "skip_locked", "nowait"] = "none",
    ) -> list[Row]:
        """See `shaketable.ports.Transaction`."""
        text, values = sql.select(table, where, order_by, limit, lock)
        return [dict(row) for row in await self._ask(self._connection.fetch(text, *values))]

    async def update(self, table: str, changes: Mapping[str, Change], *where: Condition) -> int:
        """See `shaketable.ports.Transaction`."""
        text, values = sql.update(table, changes, where)
        return _count(await self._ask(self._connection.execute(text, *values)))

    async def delete(self, table: str, *where: Condition) -> int:
        """See `shaketable.ports.Transaction`."""
        text, values = sql.delete(table, where)
        return _count(await self._ask(self._connection.execute(text, *values)))

    async def notify(self, channel: str, payload: str = "") -> None:
        """See `shaketable.ports.Transaction`."""
        await self.fetch("SELECT pg_notify($1, $2)", channel, payload)

    async def fetch(self, text: str, *values: object) -> list[Any]:
        """Return the records of a statement that the port has no word for."""
        records: list[Any] = await self._ask(self._connection.fetch(text, *values))
        return records

    async def prepare(self, name: str) -> None:
        """See `shaketable.ports.Transaction`."""
        done = await self._ask(self._connection.execute(sql.prepare(name)))
        self._is_prepared = True  # or rolled back: either way there is no transaction left to end
        if done == "ROLLBACK":
            raise TransactionAborted("a statement failed, so it is rolled back")

    async def prepared_here(self) -> list[str]:
        """Return the names of the prepared transactions of this database, in order."""
        return [row["gid"] for row in await self._ask(self._connection.fetch(sql.PREPARED))]

    async def alone(self, text: str) -> None:
        """Send a command that must not stand in a transaction."""
        self._connection, _ = await self._pool.take()
        try:
            await self._ask(self._connection.execute(text))
        finally:
            self._give_back()

    async def _ask(self, answer: Awaitable[Any]) -> Any:
        """Wait for one answer; raise the port's error for the driver's."""
        connection = self._connection
        deadline = asyncio.get_running_loop().call_later(self._io_timeout_s, self._give_up)
        try:
            return await answer
        except asyncio.CancelledError:
            connection.terminate()
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            meaning = self._meaning_of(error)
            if meaning is None:
                raise
            raise meaning from error
        finally:
            deadline.cancel()

    def _give_up(self) -> None:
        self._timed_out = True
        self._connection.terminate()

    def _meaning_of(self, error: Exception) -> Exception | None:
        """Return the port's error, or None for a mistake of the service's own, such as a column that does not exist."""
        for kind, meaning in _MEANING:
            if isinstance(error, kind):
                return meaning(str(error))
        if self._timed_out:
            self._timed_out = False  # later statements on this connection raise ConnectionLost
            return Timeout("the database has not answered in time")
        if isinstance(error, _LOST) or self._connection.is_closed():
            self._connection.terminate()
            return ConnectionLost(str(error))
        return None

    async def _rollback(self) -> None:
        """Roll back; an error of the wire must not replace the one that ended the block."""
        try:
            await self._ask(self._connection.execute("ROLLBACK;"))
        except (Timeout, ConnectionLost):
            return

    def _give_back(self) -> None:
        self._pool.give_back(self._connection)


def _count(status: str) -> int:
    """Read the number of rows from a command tag such as `UPDATE 3`."""
    return int(status.rpartition(" ")[2])
