"""Connections to PostgreSQL, one a thread, whose transactions end in time whatever becomes of an answer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import psycopg

from shaketable_targets.threaded.patience import Connection, hangs_up_after


class Database:
    """A database by its address. What goes wrong is a psycopg.Error, and the next transaction of that thread connects anew."""

    def __init__(self, address: str, patience_s: float) -> None:
        self._address = address
        self._patience_s = patience_s
        self._own = threading.local()

    def connect(self) -> Connection:
        """Open a connection outside any transaction, which is the caller's."""
        return psycopg.connect(self._address, connect_timeout=2, autocommit=True)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit what the body did, or nothing of it, on this thread's connection."""
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is None or connection.closed:
            connection = self._own.connection = self.connect()
        try:
            with hangs_up_after(self._patience_s, connection), connection.transaction():
                yield connection
        except psycopg.OperationalError:
            self.close()
            raise

    def close(self) -> None:
        """Close this thread's connection, if it has one."""
        connection: Connection | None = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()
