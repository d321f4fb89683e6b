"""Connections to PostgreSQL, one a thread, whose transactions end in time whatever becomes of an answer."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shaketable_targets.clinic.settings import DSN, PATIENCE_S

Row = dict[str, Any]
_own = threading.local()


@contextlib.contextmanager
def transaction() -> Iterator[psycopg.Cursor[Row]]:
    """Commit what the body did, or nothing of it. What goes wrong is a psycopg.Error, and the next one connects anew."""
    connection = _connected()
    # libpq waits for an answer without end.
    watchdog = threading.Timer(2 * PATIENCE_S, _hang_up, (connection,))
    watchdog.start()
    try:
        with connection.transaction(), connection.cursor(row_factory=dict_row) as cursor:
            yield cursor
    except psycopg.OperationalError:
        connection.close()
        raise
    finally:
        watchdog.cancel()


def _connected() -> psycopg.Connection[tuple[Any, ...]]:
    kept: psycopg.Connection[tuple[Any, ...]] | None = getattr(_own, "connection", None)
    if kept is None or kept.closed:
        kept = _own.connection = psycopg.connect(DSN, connect_timeout=2, autocommit=True)
    return kept


def _hang_up(connection: psycopg.Connection[tuple[Any, ...]]) -> None:
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as own,
    ):
        own.shutdown(socket.SHUT_RDWR)
