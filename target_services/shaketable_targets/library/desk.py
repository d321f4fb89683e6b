"""The desk: lends volumes over HTTP. A loan and the news of each of its volumes are one transaction."""

from __future__ import annotations

import json
import logging
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg

from shaketable_targets.library.database import transaction

log = logging.getLogger("desk")


class Handler(BaseHTTPRequestHandler):
    """GET /healthz and POST /loans {loan, volumes}."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(200 if self.path == "/healthz" else 404)

    def do_POST(self) -> None:
        try:
            asked = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
            lend(str(asked["loan"]), int(asked["volumes"]))
        except (ValueError, KeyError, TypeError):
            return self._answer(400)
        except psycopg.errors.UniqueViolation:
            return self._answer(409)
        except psycopg.Error as error:
            log.warning("loan: %s", error)
            return self._answer(503)
        return self._answer(201)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")


def lend(loan: str, volumes: int) -> None:
    """Write down that so many volumes are lent, and the news of each, or nothing of it."""
    with transaction() as connection:
        for volume in range(1, volumes + 1):
            connection.execute("INSERT INTO lent (loan, volume) VALUES (%s, %s)", (loan, volume))
            news = json.dumps({"loan": loan, "volume": volume})
            connection.execute("INSERT INTO news (loan, body) VALUES (%s, %s)", (loan, news))


def main() -> None:
    """Serve until the process ends."""
    logging.basicConfig(level=logging.INFO)
    address = (os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"]))
    ThreadingHTTPServer(address, Handler).serve_forever()


if __name__ == "__main__":
    main()
