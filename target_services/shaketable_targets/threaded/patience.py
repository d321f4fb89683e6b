"""An end to the patience of a psycopg connection: libpq waits for an answer without end, and no setting of it ends a read."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg

Connection = psycopg.Connection[tuple[Any, ...]]


@contextlib.contextmanager
def hangs_up_after(patience_s: float, connection: Connection) -> Iterator[None]:
    """Hang up where the body takes longer than the patience: what it waits for raises psycopg.OperationalError then."""
    watchdog = threading.Timer(patience_s, _hang_up, (connection,))
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def _hang_up(connection: Connection) -> None:
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as own,
    ):
        own.shutdown(socket.SHUT_RDWR)
