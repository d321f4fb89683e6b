"""A teller that reads the database's log by a replication slot, with the plugin test_decoding.

(PostgreSQL documentation, "test_decoding".) A transaction begins with BEGIN and ends with COMMIT, whose position is where it ends.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Iterable, Iterator

from shaketable_targets.library.press import News, Press, repeat
from shaketable_targets.library.settings import DATABASE_URL, PATIENCE_S
from shaketable_targets.threaded.database import Database

SLOT = "news"
ADVANCED = os.environ.get("ADVANCED", "after")
"""When the slot is moved: "after" a transaction, "before" it, or with each "row" of it."""
_AT_ONCE = 20
_database = Database(DATABASE_URL, PATIENCE_S)
_PEEK = "SELECT lsn::text, data FROM pg_logical_slot_peek_changes(%s, NULL, %s, 'include-xids', '0', 'skip-empty-xacts', '1')"
_ADVANCE = "SELECT pg_replication_slot_advance(%s, %s::pg_lsn)"
_INSERT = re.compile(
    r"table public\.news: INSERT: number\[bigint\]:(\d+) event\[uuid\]:'([^']+)' "
    r"loan\[text\]:'((?:[^']|'')*)' body\[jsonb\]:'((?:[^']|'')*)'"
)


def tell(press: Press) -> bool:
    """Publish what was committed since the slot was moved; tell whether there was any."""
    with _database.transaction() as connection:
        changes = connection.execute(_PEEK, (SLOT, _AT_ONCE)).fetchall()
    for position, told in transactions(changes):
        if ADVANCED == "before":
            _advance(position)
        for news in told:
            press.publish(news)
            if ADVANCED == "row":
                _advance(position)
        if ADVANCED == "after":
            _advance(position)
    return bool(changes)


def transactions(changes: Iterable[tuple[str, str]]) -> Iterator[tuple[str, list[News]]]:
    """Yield each transaction with the position of its end."""
    told: list[News] = []
    for position, said in changes:
        found = _INSERT.match(said)
        if found is not None:
            number, event, loan, body = (text.replace("''", "'") for text in found.groups())
            told.append(News(int(number), event, loan, json.loads(body)))
        elif said.startswith("COMMIT"):
            yield position, told
            told = []


def _advance(position: str) -> None:
    with _database.transaction() as connection:
        connection.execute(_ADVANCE, (SLOT, position))


def main() -> None:
    """Tell until the process ends."""
    logging.basicConfig(level=logging.INFO)
    press = Press()
    repeat(lambda: tell(press))


if __name__ == "__main__":
    main()
