"""The kitchen: writes the menu, and calls out to the counters what it changed."""

from __future__ import annotations

import logging
import threading

import psycopg

from shaketable_targets.menu import dishes
from shaketable_targets.menu.dishes import Dish
from shaketable_targets.menu.settings import ANSWERS, COUNTERS, HTTP_HOST, HTTP_PORT, PATIENCE_S
from shaketable_targets.threaded.json_http import Answer, Asked, call, serve

log = logging.getLogger("kitchen")


def answer(asked: Asked) -> Answer:
    """Answer POST /dishes {name, cents}, GET /dishes/NAME and GET /board, whose age is always 0."""
    match asked.method, asked.path:
        case "GET", ("healthz",):
            return 200, {}
        case "GET", ("board",):
            return 200, {"dishes": dishes.board(), "age_s": 0}
        case "GET", ("dishes", name):
            return 200, dishes.find(name)
        case "POST", ("dishes",):
            name, cents = str(asked.body["name"]), int(asked.body["cents"])
            return 200, _priced_soon(name, cents) if ANSWERS == "before" else _priced(name, cents)
    return 404, {}


def _priced(name: str, cents: int) -> Dish:
    dish = dishes.price(name, cents)
    for counter in COUNTERS:
        threading.Thread(target=_call_out, args=(counter, dish), daemon=True).start()
    return dish


def _priced_soon(name: str, cents: int) -> Dish:
    edition = dishes.find(name)["edition"] + 1
    threading.Thread(target=_priced, args=(name, cents), daemon=True).start()
    return {"name": name, "cents": cents, "edition": edition}


def _call_out(counter: str, dish: Dish) -> None:
    """Tell one counter of a dish, once: if it does not hear it, it reads the board."""
    try:
        call("POST", f"{counter}/calls", PATIENCE_S, dish)
    except OSError as error:
        log.warning("%s: %r", counter, error)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    serve(HTTP_HOST, HTTP_PORT, answer, (psycopg.Error,))
