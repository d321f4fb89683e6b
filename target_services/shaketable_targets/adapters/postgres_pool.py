"""A pool of a few connections to one PostgreSQL database, each either sound or closed."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg

from shaketable.ports import Refused, Timeout

SETTINGS = {"client_connection_check_interval": "20"}
"""With this a backend that waits for a lock notices within 20 ms that its client is gone, and leaves the queue."""


class Pool:
    """At most `size` connections, opened when they are needed.

    asyncpg's own pool resets a session after each use, a round trip that services without session state do not need,
    and asks the server to cancel a statement that timed out, on a further connection.
    """

    def __init__(self, url: str, size: int, io_timeout_s: float) -> None:
        self._url = url
        self._io_timeout_s = io_timeout_s
        self._free = asyncio.Semaphore(size)
        self._idle: list[Any] = []

    async def take(self) -> tuple[Any, bool]:
        """Take a connection; return it, and whether it was used before (then it may have died since).

        Raises Refused when nothing listens or no connection becomes free in time, Timeout when the server is silent.
        """
        try:
            async with asyncio.timeout(self._io_timeout_s):
                await self._free.acquire()
        except TimeoutError:
            raise Refused("every database connection is in use") from None
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection, True
        try:
            return await self.connect(), False
        except BaseException:
            self._free.release()
            raise

    def give_back(self, connection: Any) -> None:
        """Give a connection back, to be used again unless it is closed."""
        self._free.release()
        if not connection.is_closed():
            self._idle.append(connection)

    async def close(self) -> None:
        """Close the idle connections; one in use is closed by the transaction that uses it."""
        idle, self._idle = self._idle, []
        for connection in idle:
            connection.terminate()

    async def connect(self) -> Any:
        """Open a connection that does not count, and that its user closes. Raises Refused or Timeout."""
        try:
            return await asyncpg.connect(
                self._url,
                timeout=self._io_timeout_s,
                ssl=None if "sslmode=" in self._url else False,
                max_cached_statement_lifetime=0,
                server_settings=SETTINGS,
            )
        except TimeoutError:
            raise Timeout("the database does not answer") from None
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise Refused(f"no connection to the database: {error}") from error
