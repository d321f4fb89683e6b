"""Connections to the databases of one PostgreSQL, each with an end to its patience."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg

from shaketable_targets.threaded.patience import Connection, hangs_up_after
from shaketable_targets.tours.settings import PATIENCE_S, SERVER


@contextlib.contextmanager
def connected(database: str) -> Iterator[Connection]:
    """Connect for the body. Whatever takes longer than the patience ends the connection."""
    address = f"postgresql://postgres@{SERVER}/{database}"
    with psycopg.connect(address, connect_timeout=2) as connection, hangs_up_after(PATIENCE_S, connection):
        yield connection
