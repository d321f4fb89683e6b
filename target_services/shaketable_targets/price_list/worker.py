"""A worker: takes refreshes over HTTP, and as long as it has the lock asks the supplier for prices and writes the list."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import uuid
from typing import Any

import psycopg
import redis

from shaketable_targets.price_list.leases import Lease, lease
from shaketable_targets.price_list.settings import (
    DATABASE_URL,
    FENCING,
    PATIENCE_S,
    POLL_S,
    SUPPLIER_PATIENCE_S,
    SUPPLIER_URL,
)
from shaketable_targets.threaded.database import Database
from shaketable_targets.threaded.json_http import Answer, Asked, call, serve

log = logging.getLogger("worker")
_ready = threading.Event()
_ERRORS = (psycopg.Error, redis.RedisError, OSError, ValueError)


def answer(asked: Asked) -> Answer:
    """Answer GET /healthz and POST /refreshes."""
    match asked.method, asked.path:
        case "GET", ("healthz",) if _ready.is_set():
            return 200, {}
        case "POST", _:
            _ask(str(asked.body["ref"]))
            return 202, {}
    return 503, {}


def _ask(ref: str) -> None:
    database = Database(DATABASE_URL, PATIENCE_S)
    try:
        with database.transaction() as connection:
            connection.execute("INSERT INTO refreshes (ref) VALUES (%s) ON CONFLICT DO NOTHING", (ref,))
    finally:
        database.close()


def run() -> None:
    """Look for refreshes until the process ends."""
    database = Database(DATABASE_URL, PATIENCE_S)
    held = lease(database)
    while True:
        try:
            tick(database, held)
            _ready.set()
        except _ERRORS as error:
            log.warning("refresh: %r", error)
        time.sleep(POLL_S)


def tick(database: Database, held: Lease) -> None:
    """Do what was asked for, if this worker gets the lock."""
    asked = _asked(database)
    if not asked:
        return
    run_id = uuid.uuid4().hex
    token = held.take(run_id)
    if not token:
        return
    _write(database, asked[0], _prices(run_id, asked[0]), token)
    held.give_back(run_id)


def _asked(database: Database) -> list[str]:
    with database.transaction() as connection:
        rows = connection.execute("SELECT ref FROM refreshes WHERE NOT done ORDER BY ref").fetchall()
    return [row[0] for row in rows]


def _prices(run_id: str, ref: str) -> Any:
    status, prices = call("POST", f"{SUPPLIER_URL}/prices", SUPPLIER_PATIENCE_S, {"run": run_id, "ref": ref})
    if status != 200:
        raise OSError(f"the supplier answered {status}")
    return prices


def _write(database: Database, ref: str, prices: Any, token: int) -> None:
    """Write the list, unless a later holder of the lock did, and note that it was asked for no more."""
    fence = " AND token <= %(token)s" if FENCING == "checked" else ""
    values = {"prices": json.dumps(prices), "token": token, "ref": ref}
    with database.transaction() as connection:
        connection.execute(
            f"UPDATE price_list SET prices = %(prices)s, token = %(token)s, ref = %(ref)s WHERE name = 'main'{fence}",
            values,
        )
        connection.execute("UPDATE refreshes SET done = true WHERE ref = %(ref)s", values)


def main() -> None:
    """Serve until the process ends."""
    logging.basicConfig(level=logging.INFO)
    threading.Thread(target=run, daemon=True).start()
    serve(os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"]), answer, (psycopg.Error,))


if __name__ == "__main__":
    main()
