"""A worker: takes refreshes over HTTP, and as long as it has the lock asks the supplier for prices and writes the list."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg
import redis

from shaketable_targets.price_list.database import Database
from shaketable_targets.price_list.leases import Lease, lease
from shaketable_targets.price_list.settings import FENCING, POLL_S, SUPPLIER_PATIENCE_S, SUPPLIER_URL

log = logging.getLogger("worker")
_ready = threading.Event()
_ERRORS = (psycopg.Error, redis.RedisError, OSError, ValueError)


class Handler(BaseHTTPRequestHandler):
    """GET /healthz and POST /refreshes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200 if _ready.is_set() and self.path == "/healthz" else 503)

    def do_POST(self) -> None:
        try:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            _ask(str(asked["ref"]))
        except (ValueError, KeyError, TypeError):
            return self._answer(400)
        except psycopg.Error as error:
            log.warning("refresh: %s", error)
            return self._answer(503)
        return self._answer(202)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


def _ask(ref: str) -> None:
    database = Database()
    try:
        with database.transaction() as connection:
            connection.execute("INSERT INTO refreshes (ref) VALUES (%s) ON CONFLICT DO NOTHING", (ref,))
    finally:
        database.close()


def run() -> None:
    """Look for refreshes until the process ends."""
    database = Database()
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
    body = json.dumps({"run": run_id, "ref": ref}).encode()
    request = urllib.request.Request(f"{SUPPLIER_URL}/prices", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=SUPPLIER_PATIENCE_S) as answer:
        return json.load(answer)


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
    address = (os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"]))
    ThreadingHTTPServer(address, Handler).serve_forever()


if __name__ == "__main__":
    main()
