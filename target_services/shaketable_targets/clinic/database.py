"""Connections to PostgreSQL, one a thread, whose transactions end in time whatever becomes of an answer."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg.rows import dict_row

from shaketable_targets.clinic.settings import DSN, PATIENCE_S
from shaketable_targets.threaded.patience import Connection, hangs_up_after

Row = dict[str, Any]
_own = threading.local()


@contextlib.contextmanager
def transaction() -> Iterator[psycopg.Cursor[Row]]:
    """Commit what the body did, or nothing of it. What goes wrong is a psycopg.Error, and the next one connects anew."""
    connection = _connected()
    try:
        with (
            hangs_up_after(2 * PATIENCE_S, connection),
            connection.transaction(),
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            yield cursor
    except psycopg.OperationalError:
        connection.close()
        raise


def _connected() -> Connection:
    kept: Connection | None = getattr(_own, "connection", None)
    if kept is None or kept.closed:
        kept = _own.connection = psycopg.connect(DSN, connect_timeout=2, autocommit=True)
    return kept
