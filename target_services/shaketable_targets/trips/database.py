"""Connections to PostgreSQL, kept for the next transaction, and dropped when anything goes wrong on them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from shaketable_targets.trips.settings import DATABASE_URL, PATIENCE_S

Connection = Any
"""An asyncpg connection inside a transaction; asyncpg has no types."""
ERRORS = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
_idle: list[Connection] = []


@contextlib.asynccontextmanager
async def transaction() -> AsyncIterator[Connection]:
    """Commit what the body did, or nothing of it. A transaction that takes too long is a TimeoutError."""
    try:
        async with asyncio.timeout(2 * PATIENCE_S):
            connection = await _connected()
            try:
                begun = connection.transaction()
                await begun.start()
                yield connection
                await begun.commit()
            except BaseException:
                connection.terminate()  # asyncpg would wait for the answer to its cancel request
                raise
    except RuntimeError as error:  # uvloop says so of a transport that was closed under its user
        raise OSError(str(error)) from error
    _idle.append(connection)


async def _connected() -> Connection:
    while _idle:
        connection = _idle.pop()
        if not connection.is_closed():
            return connection
    return await asyncpg.connect(DATABASE_URL, ssl=False, timeout=PATIENCE_S, command_timeout=PATIENCE_S)
