"""A teller that a trigger wakes by NOTIFY as news commits, and that looks for itself now and then."""

from __future__ import annotations

import logging
import os
import time

import psycopg

from shaketable_targets.library.press import News, Press, repeat
from shaketable_targets.library.settings import DATABASE_URL, PATIENCE_S, RETRY_S
from shaketable_targets.threaded.database import Database
from shaketable_targets.threaded.patience import Connection

POLLS = os.environ.get("POLLS", "yes")
"""Whether it looks without being woken: "yes", or "no"."""
QUERY = os.environ.get("QUERY", "pending")
"""What it asks for: the "pending" rows, or "all" of them, to leave out itself what was told."""
_database = Database(DATABASE_URL, PATIENCE_S)
_COLUMNS = "SELECT number, event, loan, body, told_at FROM news"
_QUERIES = {
    "pending": f"{_COLUMNS} WHERE told_at IS NULL ORDER BY number LIMIT 10",
    "all": f"{_COLUMNS} ORDER BY number",
}


class Ear:
    """A connection that listens, made anew when it is lost."""

    def __init__(self) -> None:
        self._connection: Connection | None = None

    def wait(self, seconds: float) -> None:
        """Wait until something is heard, at most so long if it polls; not at all when it has just begun to listen."""
        until = time.monotonic() + seconds
        while True:
            try:
                if self._connection is None:
                    self._connection = _database.connect()
                    self._connection.execute("LISTEN news")
                    if POLLS == "yes":
                        return
                for _ in self._connection.notifies(timeout=seconds, stop_after=1):
                    return
            except psycopg.Error:
                self._connection = None
                time.sleep(RETRY_S)
            if POLLS == "yes" and time.monotonic() >= until:
                return


def tell(press: Press) -> bool:
    """Publish the next batch; tell whether there was one."""
    with _database.transaction() as connection:
        rows = connection.execute(_QUERIES[QUERY]).fetchall()
    left = [row for row in rows if row[4] is None]
    for number, event, loan, body, _ in left:
        press.publish(News(number, str(event), loan, body))
        with _database.transaction() as connection:
            connection.execute("UPDATE news SET told_at = now() WHERE number = %s", (number,))
    return bool(left)


def main() -> None:
    """Tell until the process ends."""
    logging.basicConfig(level=logging.INFO)
    press, ear = Press(), Ear()
    if POLLS == "no":
        ear.wait(0.1)
    repeat(lambda: tell(press), ear.wait)


if __name__ == "__main__":
    main()
