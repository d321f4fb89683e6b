"""The tickets in PostgreSQL: which are open, in which order."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import psycopg

from shaketable_targets.helpdesk.settings import DATABASE_URL, PATIENCE_S

Ticket = dict[str, str]
_MICROS = "(extract(epoch FROM opened_at) * 1000000)::bigint"
_local = threading.local()


@contextlib.contextmanager
def _connected() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Give this thread its connection; one that failed is not used again."""
    connection = getattr(_local, "connection", None)
    if connection is None or connection.closed:
        connection = _local.connection = psycopg.connect(
            DATABASE_URL, connect_timeout=2, autocommit=True, tcp_user_timeout=int(PATIENCE_S * 1000)
        )
    try:
        with connection.transaction():
            yield connection
    except psycopg.OperationalError:
        connection.close()
        raise


def open_ticket(ref: str, topic: str) -> int | None:
    """Open a ticket and return when, in microseconds; None if there is such a one."""
    with _connected() as connection:
        row = connection.execute(
            f"INSERT INTO tickets (ref, topic) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING {_MICROS}",
            (ref, topic),
        ).fetchone()
    return None if row is None else int(str(row[0]))


def retitle(ref: str, topic: str) -> bool:
    with _connected() as connection:
        changed = connection.execute("UPDATE tickets SET topic = %s WHERE ref = %s", (topic, ref)).rowcount
    return changed > 0


def close(ref: str) -> bool:
    """Close an open ticket; False if it is not open."""
    with _connected() as connection:
        changed = connection.execute(
            "UPDATE tickets SET state = 'closed' WHERE ref = %s AND state = 'open'", (ref,)
        ).rowcount
    return changed > 0


def take(ref: str) -> None:
    """Take a ticket, whatever its state."""
    with _connected() as connection:
        connection.execute("UPDATE tickets SET state = 'taken' WHERE ref = %s", (ref,))


def take_next() -> str | None:
    """Take the first open ticket that no one else takes at this moment."""
    with _connected() as connection:
        row = connection.execute(
            "UPDATE tickets SET state = 'taken' WHERE ref = (SELECT ref FROM tickets WHERE state = 'open' "
            "ORDER BY opened_at, ref LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING ref"
        ).fetchone()
    return None if row is None else str(row[0])


def in_line() -> list[tuple[str, int]]:
    """Return the open tickets in their order, each with when it was opened."""
    with _connected() as connection:
        rows = connection.execute(
            f"SELECT ref, {_MICROS} FROM tickets WHERE state = 'open' ORDER BY opened_at, ref"
        ).fetchall()
    return [(str(ref), int(str(micros))) for ref, micros in rows]


def find(ref: str) -> Ticket | None:
    with _connected() as connection:
        row = connection.execute("SELECT ref, topic, state FROM tickets WHERE ref = %s", (ref,)).fetchone()
    return None if row is None else {"ref": str(row[0]), "topic": str(row[1]), "state": str(row[2])}
