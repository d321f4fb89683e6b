"""The desk: says what critics say, and books seats that the floor has."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from typing import Any

import psycopg

from shaketable_targets.bistro import letters
from shaketable_targets.bistro.outside import NoAnswer, Outside
from shaketable_targets.bistro.settings import (
    CRITICS,
    FLOOR,
    HTTP_HOST,
    HTTP_PORT,
    LETTERS,
    PATIENCE_S,
    WITHOUT,
)
from shaketable_targets.threaded.json_http import Answer, Asked, serve

log = logging.getLogger("desk")
critics, floor = Outside(CRITICS), Outside(FLOOR)
_heard: dict[str, Any] = {}


def answer(asked: Asked) -> Answer:
    """Answer GET /reviews/DISH and POST /bookings {seats}, each of a guest (X-Guest)."""
    guest = asked.headers.get("X-Guest", "")
    match asked.method, asked.path:
        case "GET", ("healthz",):
            return 200, {}
        case "GET", ("reviews", dish):
            return 200, _review(dish, guest)
        case "POST", ("bookings",):
            return _book(guest, int(asked.body["seats"]))
    return 404, {}


def _review(dish: str, guest: str) -> Any:
    try:
        said = critics.ask(f"/reviews/{dish}", guest)
    except NoAnswer as error:
        return _without(dish, guest) | {"because": str(error)}
    _heard[dish] = said
    return said | {"of": "critics", "because": ""}


def _without(dish: str, guest: str) -> Any:
    if WITHOUT == "asks":
        with contextlib.suppress(OSError):
            return critics.call(f"/reviews/{dish}", guest) | {"of": "memory"}
    if WITHOUT == "waits":
        time.sleep(PATIENCE_S)
    return _heard.get(dish, {"stars": None}) | {"of": "memory"}


def _book(guest: str, seats: int) -> Answer:
    try:
        free = floor.ask("/floor", guest)["free"]
    except NoAnswer as error:
        return 503, {"because": str(error)}
    if free < seats:
        return 409, {}
    try:
        letters.book(guest, seats, owes=LETTERS != "once")
    except psycopg.Error as error:
        log.warning("%s may be booked, or not: %r", guest, error)
        return 500, {}
    if LETTERS != "later":
        with contextlib.suppress(OSError):
            letters.post(guest)
    return 201, {}


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    threading.Thread(target=letters.settle_now_and_then, daemon=True).start()
    serve(HTTP_HOST, HTTP_PORT, answer)
