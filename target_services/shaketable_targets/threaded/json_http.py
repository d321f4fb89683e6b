"""A server of JSON over HTTP, a thread a connection, and a client of such a one, from the standard library alone."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from email.message import Message
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

log = logging.getLogger("http")
Answer = tuple[int, Any]


class Asked(NamedTuple):
    """A request: its method, the parts of its path, its JSON body (None without one) and its headers."""

    method: str
    path: tuple[str, ...]
    body: Any
    headers: Message


def serve(
    host: str, port: int, answer: Callable[[Asked], Answer], unavailable: tuple[type[Exception], ...] = ()
) -> None:
    """Answer requests until the process ends.

    An exception of the kinds `unavailable` is answered 503, a body that is no JSON, lacks something or says something
    impossible (ValueError, KeyError, TypeError) 400.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            """Say nothing of each request: standard error is for what went wrong."""

        def _answer(self) -> None:
            status, said = self._answered()
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _answered(self) -> Answer:
            try:
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = tuple(self.path.strip("/").split("/"))
                return answer(
                    Asked(self.command, path, json.loads(content) if content else None, self.headers)
                )
            except unavailable as error:
                log.warning("%s %s: %r", self.command, self.path, error)
                return 503, {}
            except (ValueError, KeyError, TypeError) as error:
                return 400, {"error": repr(error)}

    server = ThreadingHTTPServer((host, port), Handler)
    server.daemon_threads = True
    server.serve_forever()


def call(
    method: str, url: str, patience_s: float, body: Any = None, headers: Mapping[str, str] | None = None
) -> Answer:
    """Return the status and the JSON of an answer. OSError when none comes in time, or it cannot be read."""
    content = None if body is None else json.dumps(body).encode()
    said = {"Content-Type": "application/json", **(headers or {})}
    request = urllib.request.Request(url, content, said, method=method)
    try:
        with urllib.request.urlopen(request, timeout=patience_s) as answer:
            return int(answer.status), json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, None
    except (HTTPException, ValueError) as error:
        raise OSError(f"{method} {url} was answered by something unreadable: {error!r}") from error
