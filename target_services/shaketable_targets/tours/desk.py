"""The desk's process: takes tours over HTTP, and looks now and then for those that were left in the middle."""

from __future__ import annotations

import logging
import os
import threading
import time

import psycopg

from shaketable_targets.threaded.json_http import Answer, Asked, serve
from shaketable_targets.tours.booking import Desk
from shaketable_targets.tours.settings import POLL_S

log = logging.getLogger("desk")
_desk = Desk()
_ready = threading.Event()


def answer(asked: Asked) -> Answer:
    """Answer GET /healthz and POST /tours."""
    match asked.method, asked.path:
        case "GET", ("healthz",) if _ready.is_set():
            return 200, {}
        case "POST", _:
            tour, plane, hotel = (str(asked.body[name]) for name in ("tour", "flight", "hotel"))
            return 201, {"tour": tour, "booked": _desk.book(tour, plane, hotel)}
    return 503, {}


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
    serve(os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"]), answer, (psycopg.Error,))


if __name__ == "__main__":
    main()
