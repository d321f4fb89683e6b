"""A server of JSON over HTTP, and a client of it, from the standard library alone."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psycopg

from shaketable_targets.clinic.settings import HOST, PATIENCE_S, PORT

Answer = tuple[int, Any]
Handler = Callable[[Any], Answer]
log = logging.getLogger("http")


def serve(posts: Mapping[str, Handler]) -> None:
    """Answer POSTs by their paths until the process ends. A handler that fails on its database answers 503."""

    class Posts(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            handler = posts.get(self.path)
            try:
                body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"null")
                status, said = handler(body) if handler else (404, {})
            except (psycopg.Error, OSError) as error:
                log.warning("%s: %r", self.path, error)
                status, said = 503, {}
            except (ValueError, KeyError, TypeError) as error:
                status, said = 422, {"error": repr(error)}
            self.answer(status, said)

        def do_GET(self) -> None:
            self.answer(200, {})

        def answer(self, status: int, said: Any) -> None:
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_request(self, *_: Any) -> None:
            """Say nothing of it: standard error is for what went wrong."""

    server = ThreadingHTTPServer((HOST, PORT), Posts)
    server.daemon_threads = True
    server.serve_forever()


def post(url: str, body: Any, key: str = "") -> int:
    """Return the status of the answer; 0 when there was none in time."""
    headers = {"content-type": "application/json", "idempotency-key": key}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, HTTPException):
        return 0
