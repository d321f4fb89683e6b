"""A desk: tickets over HTTP, and a healer of the line beside it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import psycopg
import redis

from shaketable_targets.helpdesk import line, tickets
from shaketable_targets.helpdesk.settings import FALLBACK, HEAL_S, NEXT

log = logging.getLogger("desk")
T = TypeVar("T")
Answer = tuple[int, dict[str, Any]]
_NONE: Answer = (404, {})


class Handler(BaseHTTPRequestHandler):
    """GET and POST of tickets."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answered(lambda: _asked(self.path.strip("/").split("/")))

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        self._answered(lambda: _done(self.path.strip("/").split("/"), body))

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _answered(self, answer: Callable[[], Answer]) -> None:
        try:
            status, body = answer()
        except (psycopg.Error, redis.RedisError) as error:
            log.warning("%s %s: %r", self.command, self.path, error)
            status, body = 503, {}
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def _asked(path: list[str]) -> Answer:
    match path:
        case ["healthz"]:
            return 200, {}
        case ["line"]:
            return 200, {"line": _or_rows(line.listed, lambda: [ref for ref, _ in tickets.in_line()])}
        case ["tickets", ref]:
            found = _or_rows(lambda: line.copy_of(ref), lambda: tickets.find(ref))
            return _NONE if found is None else (200, dict(found))
        case ["tickets", ref, "ahead"]:
            ahead = _or_rows(lambda: line.ahead(ref), lambda: _place(ref))
            return _NONE if ahead is None else (200, {"ahead": ahead})
    return _NONE


def _done(path: list[str], body: dict[str, Any]) -> Answer:
    match path:
        case ["tickets"]:
            return _opened(str(body["ref"]), str(body["topic"]))
        case ["tickets", ref, "topic"]:
            if not tickets.retitle(ref, str(body["topic"])):
                return _NONE
            return 200, {"gone": line.forget(ref)}
        case ["tickets", ref, "close"]:
            return (200, {"gone": _left(ref)}) if tickets.close(ref) else (409, {})
        case ["next"]:
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
    address = (os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"]))
    ThreadingHTTPServer(address, Handler).serve_forever()


if __name__ == "__main__":
    main()
