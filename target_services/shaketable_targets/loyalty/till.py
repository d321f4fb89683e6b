"""The till: takes purchases over HTTP, each with an Idempotency-Key, and tells them to Kafka through an outbox."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from typing import Any

import psycopg

from shaketable_targets.loyalty import relay
from shaketable_targets.loyalty.settings import DATABASE_URL, KEY_STORED, PATIENCE_S, RETRY_S
from shaketable_targets.threaded.database import Database
from shaketable_targets.threaded.json_http import Answer, Asked, serve
from shaketable_targets.threaded.patience import Connection

log = logging.getLogger("till")
_ready = threading.Event()


def answer(asked: Asked) -> Answer:
    """Answer GET /healthz and POST /purchases."""
    match asked.method, asked.path:
        case "GET", ("healthz",) if _ready.is_set():
            return 200, {}
        case "POST", _:
            key = asked.headers["Idempotency-Key"]
            if not key or not isinstance(asked.body["cents"], int) or asked.body["cents"] <= 0:
                raise ValueError("a receipt, a member, cents above 0 and an Idempotency-Key are needed")
            return purchase(key, asked.body)
    return 503, {}


def purchase(key: str, asked: dict[str, Any]) -> Answer:
    """Take a purchase once for each key, and answer every repetition like the first request."""
    database = Database(DATABASE_URL, PATIENCE_S)
    payload = json.dumps(asked, sort_keys=True)
    try:
        if KEY_STORED == "after":
            return _key_after_purchase(database, key, payload, asked)
        with database.transaction() as connection:
            # Of two requests with one key the second waits here until the first has committed or is rolled back.
            if not _take_key(connection, key, payload):
                return _stored(connection, key, payload)
            answer = _buy(connection, asked)
            connection.execute(
                "UPDATE requests SET status = %s, answer = %s WHERE key = %s",
                (answer[0], json.dumps(answer[1]), key),
            )
            return answer
    finally:
        database.close()


def _key_after_purchase(database: Database, key: str, payload: str, asked: dict[str, Any]) -> Answer:
    with database.transaction() as connection:
        if connection.execute("SELECT 1 FROM requests WHERE key = %s", (key,)).fetchone():
            return _stored(connection, key, payload)
        answer = _buy(connection, asked)
    with database.transaction() as connection:
        connection.execute(
            "INSERT INTO requests (key, payload, status, answer) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            (key, payload, answer[0], json.dumps(answer[1])),
        )
    return answer


def _take_key(connection: Connection, key: str, payload: str) -> bool:
    taken = connection.execute(
        "INSERT INTO requests (key, payload) VALUES (%s, %s) ON CONFLICT DO NOTHING", (key, payload)
    )
    return taken.rowcount == 1


def _stored(connection: Connection, key: str, payload: str) -> Answer:
    found = connection.execute(
        "SELECT payload, status, answer FROM requests WHERE key = %s", (key,)
    ).fetchone()
    assert found is not None
    if found[0] != payload:
        return 422, {"error": "this key was used for another purchase"}
    return found[1], found[2]


def _buy(connection: Connection, asked: dict[str, Any]) -> Answer:
    row = connection.execute(
        "INSERT INTO purchases (receipt, member, cents) VALUES (%s, %s, %s) RETURNING number",
        (asked["receipt"], asked["member"], asked["cents"]),
    ).fetchone()
    assert row is not None
    event = {
        "type": "purchase",
        **{name: asked[name] for name in ("receipt", "member", "cents")},
        "number": row[0],
    }
    connection.execute("INSERT INTO outbox (body) VALUES (%s)", (json.dumps(event),))
    return 201, {"number": row[0], "receipt": asked["receipt"]}


def _wait_for_database() -> None:
    database = Database(DATABASE_URL, PATIENCE_S)
    while not _ready.is_set():
        try:
            with database.transaction() as connection:
                connection.execute("SELECT 1")
            _ready.set()
        except psycopg.Error as error:
            log.warning("not ready: %s", error)
            time.sleep(RETRY_S)
    database.close()


def main() -> None:
    """Serve until the process ends."""
    logging.basicConfig(level=logging.INFO)
    threading.Thread(target=_wait_for_database, daemon=True).start()
    threading.Thread(target=relay.run, daemon=True).start()
    serve(os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"]), answer, (psycopg.Error,))


if __name__ == "__main__":
    main()
