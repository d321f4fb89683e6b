"""A service that keeps what it is given at the line server: POST /keep, with a key and a value."""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import sys


class Keeps(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(200, {})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        host, _, port = os.environ["LINES_AT"].rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=0.3) as connection:
                connection.sendall(f"{asked['verb']} {asked['key']} {asked.get('value', '')}\n".encode())
                answer = connection.makefile().readline().strip()
        except OSError as error:
            self._answer(503, {"error": type(error).__name__})
            return
        self._answer(200, {"kept": answer}) if answer else self._answer(503, {"error": "closed"})

    def _answer(self, status: int, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None: ...


def serve() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address = os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"])
    http.server.ThreadingHTTPServer(address, Keeps).serve_forever()
