"""Connections to PostgreSQL on which nothing is waited for without end."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg

from shaketable_targets.library.settings import DATABASE_URL, PATIENCE_S

Connection = psycopg.Connection[tuple[Any, ...]]
_own = threading.local()


def connect() -> Connection:
    """Open a connection outside any transaction."""
    return psycopg.connect(DATABASE_URL, connect_timeout=2, autocommit=True)


@contextlib.contextmanager
def transaction() -> Iterator[Connection]:
    """Commit what the body did, on this thread's connection. Whatever goes wrong is a psycopg.Error, and the next one is new."""
    connection: Connection | None = getattr(_own, "connection", None)
    if connection is None or connection.closed:
        connection = _own.connection = connect()
    hung_up = threading.Timer(PATIENCE_S, _hang_up, (connection,))  # libpq itself never gives up
    hung_up.start()
    try:
        with connection.transaction():
            yield connection
    except psycopg.OperationalError:
        connection.close()
        raise
    finally:
        hung_up.cancel()


def _hang_up(connection: Connection) -> None:
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as own,
    ):
        own.shutdown(socket.SHUT_RDWR)
