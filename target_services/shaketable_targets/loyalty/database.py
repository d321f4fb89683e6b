"""One connection to PostgreSQL whose transactions end in time, whatever becomes of an answer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg

from shaketable_targets.adapters.psycopg_patience import Connection, hangs_up_after
from shaketable_targets.loyalty.settings import DATABASE_URL, PATIENCE_S


class Database:
    """Use it from one thread. What goes wrong is a psycopg.Error, and the next transaction connects anew."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit what the body did, or nothing of it."""
        connection = self._connected()
        try:
            with hangs_up_after(PATIENCE_S, connection), connection.transaction():
                yield connection
        except psycopg.OperationalError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(DATABASE_URL, connect_timeout=2, autocommit=True)
        return self._connection
