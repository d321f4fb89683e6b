"""Clients of a real PostgreSQL whose waiting is an event: a client that waits says so, and no test sleeps to find out.

The server runs with log_lock_waits and the smallest deadlock_timeout, so a statement that has to wait looks for
a deadlock after one millisecond, finds none, and tells its client which lock it waits for. A statement that
waits again, for another lock, says so again. It is settled when pg_locks still shows that very lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Any

import asyncpg

from tests.conformance.scripts import (
    ENDS,
    SCHEMA,
    SPEC,
    Commit,
    CommitPrepared,
    Insert,
    Prepare,
    Release,
    RollbackPrepared,
    RollbackTo,
    Savepoint,
    Select,
    Statement,
    Upsert,
)
from tests.conformance.sql import all_rows, sql_of

DEADLINE_S = 20.0
Answer = tuple[Any, ...]
"""("ok", value), ("error", name) or ("wait",)."""

_STILL_WAITING = re.compile(r"still waiting for \w+ on (.+) after ")
_ERRORS = {
    "23505": "UniqueViolation",
    "23514": "CheckViolation",
    "23502": "CheckViolation",  # NOT NULL of a key: the model has one error for both
    "40001": "SerializationFailure",
    "40P01": "DeadlockDetected",
    "25P02": "TransactionAborted",
    "55P03": "LockNotAvailable",
    "42710": "UniqueViolation",  # the name of a prepared transaction
    "42704": "NotPrepared",
    "3B001": "HarnessError",  # no such savepoint: the script is wrong, and the model says so
    "57014": "ConnectionLost",  # taken back by its client
    "57P01": "ConnectionLost",
}
_WAITED_FOR = """
SELECT pid, CASE locktype
    WHEN 'transactionid' THEN 'transaction ' || transactionid
    WHEN 'tuple' THEN format('tuple (%s,%s) of relation %s of database %s', page, tuple, relation, database)
    ELSE locktype END AS lock
FROM pg_locks WHERE NOT granted"""

_HAS_PROCESS = "SELECT count(*) > 0 FROM pg_stat_activity WHERE pid = $1"


class PostgresClient:
    """One connection; at most one statement at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: asyncpg.Connection[Any]
        self._news = asyncio.Event()
        self.pid = 0
        self.running: asyncio.Task[Answer] | None = None
        self.lock = ""
        self.open = False

    async def connect(self) -> None:
        self._connection = await connect(self._port)
        self.pid = self._connection.get_server_pid()
        self._connection.add_log_listener(self._listen)
        self.open = False

    async def begin(self, level: str) -> None:
        await self._connection.execute(f"BEGIN ISOLATION LEVEL {level}")
        self.open = True

    def start(self, statement: Statement) -> None:
        self.lock = ""
        self._news.clear()
        self.running = asyncio.create_task(self._answer(statement))
        self.running.add_done_callback(lambda _: self._news.set())

    def take(self) -> Answer:
        """Take the answer, or that it waits."""
        if self.running is None or not self.running.done():
            return ("wait",)
        answer, self.running = self.running.result(), None
        return answer

    async def has_news(self, within_s: float) -> None:
        """Wait until the statement has ended or says that it waits."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._news.wait()
        self._news.clear()

    async def close(self) -> None:
        """End its server process, as at the end of a connection: the client is gone."""
        self.running = None
        self._connection.terminate()

    async def _answer(self, statement: Statement) -> Answer:
        text, given = sql_of(statement)
        try:
            match statement:
                case Insert() | Upsert():
                    row = await self._connection.fetchrow(text, *given)
                    return "ok", None if row is None else dict(row)
                case Select():
                    return "ok", [dict(row) for row in await self._connection.fetch(text, *given)]
                case _ if isinstance(statement, ENDS):
                    self.open = False
                    status = await self._connection.execute(text)
                    return "ok", status if isinstance(statement, Commit | Prepare) else None
                case CommitPrepared() | RollbackPrepared():
                    await self._connection.execute(text)
                    return "ok", None
                case Savepoint() | RollbackTo() | Release():
                    await self._connection.execute(text)
                    return "ok", None
                case _:
                    return "ok", int((await self._connection.execute(text, *given)).split()[-1])
        except asyncpg.PostgresError as error:
            return "error", _ERRORS.get(error.sqlstate, f"{error.sqlstate} {error}")

    def _listen(self, _: object, message: asyncpg.PostgresLogMessage) -> None:
        found = _STILL_WAITING.search(message.message)
        if found:
            self.lock = found[1]
            self._news.set()


class PostgresBench:
    """A few clients on one database, and a monitor beside them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._clients: list[PostgresClient] = []
        self._monitor: asyncpg.Connection[Any]

    async def open(self, clients: int) -> None:
        self._monitor = await connect(self._port)
        await self._monitor.execute(SCHEMA)
        self._clients = [PostgresClient(self._port) for _ in range(clients)]
        for client in self._clients:
            await client.connect()

    def __getitem__(self, client: int) -> PostgresClient:
        return self._clients[client]

    def waiting(self) -> list[int]:
        return [n for n, client in enumerate(self._clients) if client.running is not None]

    async def finish(self) -> None:
        """End every transaction that is still open."""
        for client in self._clients:
            if client.open:
                await self.disconnect(client)

    async def reset(self) -> None:
        """Give every table its initial rows back."""
        for row in await self._monitor.fetch("SELECT gid FROM pg_prepared_xacts"):
            await self._monitor.execute(f"ROLLBACK PREPARED '{row['gid']}'")
        parts = ["TRUNCATE " + ", ".join(table.name for table in SPEC.tables) + " RESTART IDENTITY"]
        for table in SPEC.tables:
            for row in table.rows:
                values = ", ".join(f"'{value}'" for value in row.values())
                parts.append(f"INSERT INTO {table.name} ({', '.join(row)}) VALUES ({values})")
        await self._monitor.execute("; ".join(parts))

    async def settle(self) -> None:
        """Wait until every running statement has ended or waits for a lock that no other is about to release."""
        until = asyncio.get_running_loop().time() + DEADLINE_S
        for client in self._clients:
            while client.running is not None and not client.running.done() and not client.lock:
                await client.has_news(until - asyncio.get_running_loop().time())
                _check_deadline(until, client)
        while pending := [c for c in self._clients if c.running is not None and not c.running.done()]:
            held = {row["pid"]: row["lock"] for row in await self._monitor.fetch(_WAITED_FOR)}
            if any(c.running is not None and c.running.done() for c in pending):
                continue  # it ended while we looked, so what we saw of the others may be over
            unsettled = [c for c in pending if held.get(c.pid) != c.lock]
            if not unsettled:
                return
            await unsettled[0].has_news(0.005)
            _check_deadline(until, unsettled[0])

    async def cancel(self, client: PostgresClient) -> None:
        await self._monitor.execute("SELECT pg_cancel_backend($1)", client.pid)
        assert client.running is not None
        await asyncio.wait_for(asyncio.shield(client.running), DEADLINE_S)

    async def disconnect(self, client: PostgresClient) -> None:
        """End its server process and wait until it is gone, locks and all; then a new connection takes its place."""
        running = client.running
        until = asyncio.get_running_loop().time() + DEADLINE_S
        await self._monitor.execute("SELECT pg_terminate_backend($1)", client.pid)
        while await self._monitor.fetchval(_HAS_PROCESS, client.pid):
            _check_deadline(until, client)
        await client.close()
        if running is not None:
            await asyncio.wait([running])
            running.exception()
        await client.connect()

    async def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Return what is committed, by key."""
        return {
            table.name: [dict(row) for row in await self._monitor.fetch(all_rows(table.name))]
            for table in SPEC.tables
        }

    async def close(self) -> None:
        for client in self._clients:
            await client.close()
        self._monitor.terminate()


async def connect(port: int) -> asyncpg.Connection[Any]:
    return await asyncpg.connect(
        host="127.0.0.1", port=port, user="postgres", database="postgres", ssl=False, statement_cache_size=500
    )


def _check_deadline(until: float, client: PostgresClient) -> None:
    assert asyncio.get_running_loop().time() < until, f"{client.pid} neither ends nor waits for a lock"
