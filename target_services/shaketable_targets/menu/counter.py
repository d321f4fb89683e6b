"""A counter: shows its copy of the menu, whatever it reaches, and says how old that may be.

It learns of changes by the kitchen's calls, and reads the boards of the kitchen and of the other counter now and then.
"""

from __future__ import annotations

import logging
import math
import threading
import time

import psycopg

from shaketable_targets.menu import dishes
from shaketable_targets.menu.dishes import Dish
from shaketable_targets.menu.settings import (
    AGE,
    ALONE,
    HTTP_HOST,
    HTTP_PORT,
    LEARNS,
    MINUTE_S,
    PATIENCE_S,
    READ_S,
    SHOWS,
    SOURCES,
    TAKES,
)
from shaketable_targets.threaded.json_http import Answer, Asked, call, serve

log = logging.getLogger("counter")
_SHUT_AFTER = 3
"""Readings in vain after which a counter that is to be "shut" is so."""


class Hearing:
    """Since when a counter has all that the kitchen had: a moment of the clock that no one sets. Several threads use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at_s: float | None = None

    def heard(self, at_s: float) -> None:
        """Note that all which the kitchen had at a moment has come here."""
        with self._lock:
            self._at_s = at_s if self._at_s is None else max(self._at_s, at_s)

    def age_s(self) -> float | None:
        """Return how old the copy may be; None if no board was read yet."""
        with self._lock:
            return None if self._at_s is None else time.monotonic() - self._at_s


_hearing = Hearing()
_kept: dict[str, Dish] = {}


def answer(asked: Asked) -> Answer:
    """Answer GET /dishes/NAME, GET /board and the kitchen's POST /calls."""
    match asked.method, asked.path:
        case "GET", ("healthz",):
            return 200, {}
        case "GET", ("board",):
            # What is told as the age must not be younger than the rows: it is asked first.
            age_s = _hearing.age_s()
            return 200, {"dishes": dishes.board(), "age_s": age_s}
        case "GET", ("dishes", name):
            return _shown(name)
        case "POST", ("calls",):
            dishes.take(asked.body, only_newer=TAKES == "newer")
            return 200, {}
    return 404, {}


def _shown(name: str) -> Answer:
    age_s = _hearing.age_s()
    if ALONE == "shut" and (age_s is None or age_s > _SHUT_AFTER * READ_S):
        return 503, {}
    dish = _kept.setdefault(name, dishes.find(name)) if SHOWS == "kept" else dishes.find(name)
    return 200, dish | {"age_ms": None if age_s is None else math.ceil(age_s / MINUTE_S * 60_000)}


def read_boards(source: str) -> None:
    """Read the board of one other, reading by reading, until the process ends."""
    while True:
        began_s = time.monotonic()
        if AGE == "asked":
            _hearing.heard(began_s)
        try:
            _read_board(source, began_s)
        except (OSError, psycopg.Error) as error:
            log.warning("%s: %r", source, error)
        time.sleep(READ_S)


def _read_board(source: str, began_s: float) -> None:
    status, board = call("GET", f"{source}/board", PATIENCE_S)
    if status != 200:
        return
    mine = {dish["name"]: dish["edition"] for dish in dishes.board()}
    for dish in board["dishes"]:
        if dish["edition"] > mine.get(dish["name"], 0):
            dishes.take(dish, only_newer=True)
    if board["age_s"] is not None:
        _hearing.heard(began_s - board["age_s"])


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    if LEARNS == "both":
        for each in SOURCES:
            threading.Thread(target=read_boards, args=(each,), daemon=True).start()
    serve(HTTP_HOST, HTTP_PORT, answer, (psycopg.Error,))
