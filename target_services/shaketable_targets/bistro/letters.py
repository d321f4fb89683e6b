"""The bookings, and the letters that are owed for them."""

from __future__ import annotations

import logging
import time

import psycopg

from shaketable_targets.bistro.settings import DATABASE_URL, PATIENCE_S, POST, POSTED_S
from shaketable_targets.threaded.database import Database
from shaketable_targets.threaded.json_http import call

log = logging.getLogger("letters")
database = Database(DATABASE_URL, PATIENCE_S)


def book(guest: str, seats: int, *, owes: bool) -> None:
    """Write a booking down, and that it owes a letter."""
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO bookings (guest, seats, letter_owed) VALUES (%s, %s, %s) ON CONFLICT (guest) DO NOTHING",
            (guest, seats, owes),
        )


def post(guest: str) -> None:
    """Post a letter, once however often it is asked for. OSError if that is not known."""
    status, _ = call("POST", f"{POST}/letters", PATIENCE_S, {"guest": guest}, {"X-Once": guest})
    if status != 202:
        raise OSError(f"the post answers {status}")


def settle() -> None:
    """Post the letters that are owed, until one fails."""
    with database.transaction() as connection:
        rows = connection.execute("SELECT guest FROM bookings WHERE letter_owed ORDER BY guest").fetchall()
    for (guest,) in rows:
        post(guest)
        with database.transaction() as connection:
            connection.execute("UPDATE bookings SET letter_owed = false WHERE guest = %s", (guest,))


def settle_now_and_then() -> None:
    """Settle, round by round, until the process ends."""
    while True:
        time.sleep(POSTED_S)
        try:
            settle()
        except (OSError, psycopg.Error) as error:
            log.warning("letters are still owed: %r", error)
