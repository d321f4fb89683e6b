"""The desk's process: takes tours over HTTP, and looks now and then for those that were left in the middle."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

from shaketable_targets.tours.booking import Desk
from shaketable_targets.tours.settings import POLL_S

log = logging.getLogger("desk")
_desk = Desk()
_ready = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """GET /healthz and POST /tours."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200 if _ready.is_set() and self.path == "/healthz" else 503, {})

    def do_POST(self) -> None:
        try:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            tour, plane, hotel = (str(asked[name]) for name in ("tour", "flight", "hotel"))
        except (ValueError, KeyError, TypeError):
            return self._answer(400, {"error": "a tour, a flight and a hotel are needed"})
        try:
            booked = _desk.book(tour, plane, hotel)
        except psycopg.Error as error:
            log.warning("%s: %r", tour, error)
            return self._answer(503, {"error": "not known yet"})
        return self._answer(201, {"tour": tour, "booked": booked})

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _answer(self, status: int, said: dict[str, object]) -> None:
        content = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def run() -> None:
    """Look until the process ends."""
    while True:
        try:
            _desk.look()
            _ready.set()
        except (psycopg.Error, OSError) as error:
            log.warning("look: %r", error)
        time.sleep(POLL_S)


def main() -> None:
    """Serve until the process ends."""
    logging.basicConfig(level=logging.INFO)
    threading.Thread(target=run, daemon=True).start()
    address = (os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"]))
    ThreadingHTTPServer(address, Handler).serve_forever()


if __name__ == "__main__":
    main()
