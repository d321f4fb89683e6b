"""A service with nothing but a health check, started the way real ones are."""

import http.server
import os
import signal
import sys


class Answers(http.server.BaseHTTPRequestHandler):
    """200 for everything, with the environment's greeting."""

    def do_GET(self) -> None:
        said = os.environ.get("GREETING", "hello").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *args: object) -> None: ...


def serve() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    address = os.environ["HTTP_HOST"], int(os.environ["HTTP_PORT"])
    http.server.ThreadingHTTPServer(address, Answers).serve_forever()


def fail() -> None:
    raise RuntimeError("the price list is missing")
