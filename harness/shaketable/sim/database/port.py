"""The database port of one incarnation of a service: each statement is one message over its channel."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Literal, NoReturn, TypeVar

from shaketable.faults.transactions import ENDS_SESSION
from shaketable.ports import Change, Condition, Errors, Row, Scalar
from shaketable.sim.channel import Channel
from shaketable.sim.database.commit_feeds import FeedsPort
from shaketable.sim.database.database_server import DatabaseServer
from shaketable.sim.database.messages import CommitMessage, PrepareMessage, SessionMessage, StatementMessage
from shaketable.sim.database.rows import Isolation
from shaketable.sim.database.statements import Locking
from shaketable.sim.database.table import StoredTable
from shaketable.sim.database.transaction import OpenTransaction

T = TypeVar("T")


class DatabasePort(FeedsPort):
    """A `shaketable.ports.Database`. `polls` are (verb, table) pairs whose messages only ask for work."""

    __slots__ = ("polled", "polls")

    def __init__(
        self,
        server: DatabaseServer,
        database: str,
        channel: Channel,
        *,
        polls: frozenset[tuple[str, str]] = frozenset(),
        errors: Errors | None = None,
    ) -> None:
        super().__init__(server, database, channel, errors or server.errors)
        self.polls = polls
        self.polled: dict[str, StoredTable] = {}  # tables that polls have asked for

    def transaction(self, isolation: Isolation = "read committed") -> PortTransaction:
        """Make a transaction: COMMIT when its block ends, ROLLBACK when the block raises."""
        return PortTransaction(self, isolation)

    async def prepared(self) -> list[str]:
        """See `shaketable.ports.Database`. It only asks, so it is no boundary."""
        asks = SessionMessage(self.errors, partial(self.server.prepared, self.database))
        return await self.channel.cross("SELECT", "pg_prepared_xacts", asks, counted=False)

    async def commit_prepared(self, name: str) -> None:
        """See `shaketable.ports.Database`."""
        await self._end_prepared("COMMIT_PREPARED", name, commit=True)

    async def rollback_prepared(self, name: str) -> None:
        """See `shaketable.ports.Database`."""
        await self._end_prepared("ROLLBACK_PREPARED", name, commit=False)

    async def _end_prepared(self, verb: str, name: str, *, commit: bool) -> None:
        ends = partial(self.server.end_prepared, self.database, name, self.channel.sender, commit=commit)
        await self.channel.cross(verb, name, SessionMessage(self.errors, ends))


class PortTransaction:
    """One transaction and its connection, as an async context manager.

    A lost message takes the connection with it: the server rolls back, unless it has committed, and every
    further call raises connection_lost without a message. A held COMMIT is ahead of the end of its connection:
    when it arrives it takes effect, though its client gave up or lost power meanwhile. COMMIT of a transaction
    that failed before, if the service ignored the error, quietly rolls back, as drivers for PostgreSQL do.
    """

    __slots__ = ("_channel", "_has_ended", "_isolation", "_lost", "_port", "_wrote", "server_side")

    def __init__(self, port: DatabasePort, isolation: Isolation) -> None:
        self._port = port
        self._channel = port.channel
        self._isolation: Isolation = isolation
        self.server_side: OpenTransaction | None = None
        self._lost = False
        self._has_ended = False  # by PREPARE TRANSACTION, well or not
        self._wrote: dict[str, None] = {}

    @property
    def errors(self) -> Errors:
        return self._port.errors

    async def __aenter__(self) -> PortTransaction:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._channel.alive:
            return  # the coroutine is being disposed of; the server has been told of the power cut
        if self._has_ended:
            return  # it belongs to the server, or is rolled back
        if kind is None:
            if self.server_side is None and not self._lost and self._channel.calm:
                self._lost = True  # nothing was begun
            else:
                await self._commit()
        elif kind is GeneratorExit:
            self._lose()  # nothing may be awaited any more
        elif not self._lost:
            await self._rollback()

    async def insert(
        self, table: str, row: Mapping[str, Scalar], *, on_conflict: Literal["error", "ignore"] = "error"
    ) -> Row | None:
        """See `shaketable.ports.Transaction`."""
        stored = await self._send(
            "INSERT", table, lambda: self.session().insert(table, row, on_conflict=on_conflict)
        )
        if stored is not None:
            self._wrote[table] = None
        return stored

    async def select(
        self,
        table: str,
        *where: Condition,
        order_by: Sequence[str] = (),
        limit: int | None = None,
        lock: Locking = "none",
    ) -> list[Row]:
        """See `shaketable.ports.Transaction`. A poll that finds nothing needs no message and no transaction."""
        poll = ("SELECT", table) in self._port.polls
        if poll and self.server_side is None and self._finds_nothing(table, where):
            return []
        return await self._send(
            "SELECT",
            table,
            lambda: self.session().select(
                table, *where, order_by=order_by, limit=limit, lock=lock, poll=poll
            ),
        )

    async def update(self, table: str, changes: Mapping[str, Change], *where: Condition) -> int:
        """See `shaketable.ports.Transaction`."""
        count = await self._send("UPDATE", table, lambda: self.session().update(table, changes, *where))
        if count:
            self._wrote[table] = None
        return count

    async def delete(self, table: str, *where: Condition) -> int:
        """See `shaketable.ports.Transaction`."""
        count = await self._send("DELETE", table, lambda: self.session().delete(table, *where))
        if count:
            self._wrote[table] = None
        return count

    async def notify(self, channel: str, payload: str = "") -> None:
        """See `shaketable.ports.Transaction`."""
        await self._send("NOTIFY", channel, lambda: self.session().notify(channel, payload), is_counted=False)

    async def prepare(self, name: str) -> None:
        """See `shaketable.ports.Transaction`."""
        errors = self._port.errors
        if self._lost:
            raise errors.connection_lost("the connection of this transaction is gone")
        self._lost = self._has_ended = True  # messages that arrive later have no effect
        try:
            await self._channel.cross(
                "PREPARE_TRANSACTION", ",".join(sorted(self._wrote)), PrepareMessage(self, name)
            )
        except (errors.timeout, errors.connection_lost, errors.refused, asyncio.CancelledError):
            self._has_ended = False
            self._lose()
            raise

    async def _send(
        self, verb: str, table: str, effect: Callable[[], T | asyncio.Future[T]], *, is_counted: bool = True
    ) -> T:
        channel = self._channel
        if not channel.alive:
            raise GeneratorExit  # ends what is left of a dead incarnation, past its `except Exception`
        errors = self._port.errors
        if self._lost:
            raise errors.connection_lost("the connection of this transaction is gone")
        try:
            return await channel.cross(
                verb,
                table,
                StatementMessage(self, effect),
                counted=is_counted and (verb, table) not in self._port.polls,
            )
        except (errors.timeout, errors.connection_lost, errors.refused):
            self._lose()
            raise
        except asyncio.CancelledError:
            if channel.alive and self.server_side is not None:
                self.server_side.cancel()
            raise

    async def _commit(self) -> None:
        errors = self._port.errors
        if self._lost:
            raise errors.connection_lost("the connection of this transaction is gone")
        self._lost = True  # messages that arrive later have no effect
        key = ",".join(sorted(self._wrote))
        try:
            await self._channel.cross(
                "COMMIT",
                key,
                CommitMessage(self),
                counted=bool(key) and ("COMMIT", key) not in self._port.polls,
            )
        except (errors.timeout, errors.connection_lost, errors.refused, asyncio.CancelledError):
            self._lose()
            raise

    async def _rollback(self) -> None:
        """Roll back; errors of the wire are dropped, so that the block's own error is the one that is raised."""
        errors = self._port.errors
        self._lost = True
        try:
            await self._channel.cross("ROLLBACK", "", self.roll_back_there, counted=False)
        except (errors.timeout, errors.connection_lost, errors.refused):
            self._lose()
        except asyncio.CancelledError:
            self._lose()
            raise

    def session(self) -> OpenTransaction:
        """Return the transaction at the server, begun by its first statement.

        Runs when a message arrives there; raises connection_lost for a late message of a lost connection.
        """
        session = self.server_side
        if session is not None:
            return session
        port = self._port
        if self._lost or not self._channel.alive:
            raise port.errors.connection_lost("the connection of this transaction is gone")
        return self.begin()

    def begin(self) -> OpenTransaction:
        """Begin the transaction at the server."""
        port = self._port
        self.server_side = port.server.begin(port.database, self._channel.sender, self._isolation)
        return self.server_side

    def error(self, sqlstate: str) -> Exception:
        """Make the error with which the server rolls the transaction back by itself."""
        errors = self._port.errors
        if sqlstate in ENDS_SESSION:
            return errors.connection_lost(f"the server ended the session ({sqlstate})")
        kinds = {"40P01": errors.deadlock, "57014": errors.statement_cancelled}
        kind = kinds.get(sqlstate, errors.serialization_failure)
        return kind(f"the server rolled the transaction back ({sqlstate})")

    def end_session(self, error: Exception) -> NoReturn:
        """End the session where a message arrives: its transaction is gone, and so is its connection."""
        self._lost = True
        self.roll_back_there()
        raise error

    def roll_back_there(self) -> None:
        """Roll back at the server, if anything was begun."""
        if self.server_side is not None:
            self.server_side.rollback()

    def _lose(self) -> None:
        """Drop the connection: the server rolls back what it has not committed."""
        self._lost = True
        session = self.server_side
        if self._channel.alive and session is not None and not session.sealed:
            session.rollback()

    def _finds_nothing(self, table: str, where: Sequence[Condition]) -> bool:
        """Tell whether a poll asked at this very instant finds nothing, as most messages of a run would."""
        if self._lost or not self._channel.calm or self._isolation != "read committed":
            return False
        port = self._port
        stored = port.polled.get(table)
        if stored is None:
            stored = port.polled[table] = port.server.table(port.database, table)
        return stored.finds_nothing(where)
