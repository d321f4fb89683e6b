"""Connections to PostgreSQL on which nothing is waited for without end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import psycopg

from shaketable_targets.adapters.psycopg_patience import Connection, hangs_up_after
from shaketable_targets.library.settings import DATABASE_URL, PATIENCE_S

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
    try:
        with hangs_up_after(PATIENCE_S, connection), connection.transaction():
            yield connection
    except psycopg.OperationalError:
        connection.close()
        raise
