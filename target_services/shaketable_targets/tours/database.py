"""Connections to the databases of one PostgreSQL, each with an end to its patience."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import psycopg

from shaketable_targets.tours.settings import PATIENCE_S, SERVER

Connection = psycopg.Connection[tuple[Any, ...]]


@contextlib.contextmanager
def connected(database: str) -> Iterator[Connection]:
    """Connect for the body. Whatever takes longer than the patience ends the connection, since libpq waits for ever."""
    with psycopg.connect(f"postgresql://postgres@{SERVER}/{database}", connect_timeout=2) as connection:
        watchdog = threading.Timer(PATIENCE_S, _hang_up, (connection,))
        watchdog.start()
        try:
            yield connection
        finally:
            watchdog.cancel()


def _hang_up(connection: Connection) -> None:
    with (
        contextlib.suppress(OSError, psycopg.Error),
        socket.socket(fileno=os.dup(connection.fileno())) as own,
    ):
        own.shutdown(socket.SHUT_RDWR)
