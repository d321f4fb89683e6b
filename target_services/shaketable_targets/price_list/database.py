"""One connection to PostgreSQL whose transactions end in time, whatever becomes of an answer."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg

from shaketable_targets.price_list.settings import DATABASE_URL, PATIENCE_S

Connection = psycopg.Connection[tuple[Any, ...]]


class Database:
    """Use it from one thread. What goes wrong is a psycopg.Error, and the next transaction connects anew."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commit what the body did, or nothing of it."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(DATABASE_URL, connect_timeout=2, autocommit=True)
        connection = self._connection
        # libpq waits for an answer for ever: no setting of it ends a read.
        watchdog = threading.Timer(PATIENCE_S, _hang_up, (connection,))
        watchdog.start()
        try:
            with connection.transaction():
                yield connection
        except psycopg.OperationalError:
            self.close()
            raise
        finally:
            watchdog.cancel()

    def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _hang_up(connection: Connection) -> None:
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as own,
    ):
        own.shutdown(socket.SHUT_RDWR)
