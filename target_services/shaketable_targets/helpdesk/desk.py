"""A desk: tickets over HTTP, and a healer of the line beside it."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
import redis

from shaketable_targets.helpdesk import line, tickets
from shaketable_targets.helpdesk.settings import FALLBACK, HEAL_S, NEXT
from shaketable_targets.threaded.json_http import Answer, Asked, serve

log = logging.getLogger("desk")
T = TypeVar("T")
_NONE: Answer = (404, {})


def answer(asked: Asked) -> Answer:
    """Answer GET and POST of tickets."""
    return _asked(asked.path) if asked.method == "GET" else _done(asked.path, asked.body)


def _asked(path: tuple[str, ...]) -> Answer:
    match path:
        case ("healthz",):
            return 200, {}
        case ("line",):
            return 200, {"line": _or_rows(line.listed, lambda: [ref for ref, _ in tickets.in_line()])}
        case ("tickets", ref):
            found = _or_rows(lambda: line.copy_of(ref), lambda: tickets.find(ref))
            return _NONE if found is None else (200, dict(found))
        case ("tickets", ref, "ahead"):
            ahead = _or_rows(lambda: line.ahead(ref), lambda: _place(ref))
            return _NONE if ahead is None else (200, {"ahead": ahead})
    return _NONE


def _done(path: tuple[str, ...], body: Any) -> Answer:
    match path:
        case ("tickets",):
            return _opened(str(body["ref"]), str(body["topic"]))
        case ("tickets", ref, "topic"):
            if not tickets.retitle(ref, str(body["topic"])):
                return _NONE
            return 200, {"gone": line.forget(ref)}
        case ("tickets", ref, "close"):
            return (200, {"gone": _left(ref)}) if tickets.close(ref) else (409, {})
        case ("next",):
            return _called()
    return _NONE


def _opened(ref: str, topic: str) -> Answer:
    opened = tickets.open_ticket(ref, topic)
    if opened is None:
        return 409, {}
    with contextlib.suppress(redis.RedisError):  # it is healed
        line.add(ref, opened)
    return 201, {"ref": ref}


def _called() -> Answer:
    if NEXT == "line":
        ref = next(iter(line.listed()), None)
        if ref is not None:
            tickets.take(ref)
    else:
        ref = tickets.take_next()
    return 200, {"ref": ref, "gone": ref is not None and _left(ref)}


def _left(ref: str) -> bool:
    """Take a ticket out of the line; tell whether its copy is known to be gone."""
    with contextlib.suppress(redis.RedisError):
        line.remove(ref)
    return line.forget(ref)


def _or_rows(ask: Callable[[], T], rows: Callable[[], T]) -> T:
    try:
        return ask()
    except redis.RedisError:
        if FALLBACK == "none":
            raise
        return rows()


def _place(ref: str) -> int | None:
    refs = [one for one, _ in tickets.in_line()]
    return refs.index(ref) if ref in refs else None


def heal_for_ever() -> None:
    """Heal the line once each period, whatever goes wrong."""
    while True:
        time.sleep(HEAL_S)
        try:
            line.heal()
        except (psycopg.Error, redis.RedisError) as error:
            log.warning("heal: %r", error)


def main() -> None:
    """Serve until the process ends."""
    logging.basicConfig(level=logging.INFO)
    threading.Thread(target=heal_for_ever, daemon=True).start()
    serve(os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"]), answer, (psycopg.Error, redis.RedisError))


if __name__ == "__main__":
    main()
