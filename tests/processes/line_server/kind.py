"""The kind of server: its framer, its environment, and how the world `processes` starts it."""

from __future__ import annotations

import sys

from shaketable.real.processes.server_place import AsProcess, ServerPlace
from shaketable.real.servers.server_kind import ServerKind
from shaketable.real.stack.readiness import accepts
from shaketable.real.supervision.child import Child
from tests.processes.line_server.framer import LineFramer

PROGRAM = """
import socketserver, sys
kept = {}
class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            verb, key, *rest = line.decode().split()
            if verb == "SET":
                kept[key] = rest[0]
            self.wfile.write(f"{kept.get(key, '-')}\\n".encode())
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True
Server(("127.0.0.1", int(sys.argv[1])), Lines).serve_forever()
"""


async def _start(place: ServerPlace) -> Child:
    argv = (sys.executable, "-c", PROGRAM, str(place.port))
    place.uid = None  # a virtual environment may be closed to the servers' user
    return await place.start(argv, accepts)


AS_PROCESS = AsProcess(_start)
LINES = ServerKind(
    protocol="lines",
    name="lines",
    framers=lambda: lambda _: LineFramer(),
    as_process=f"{__name__}:AS_PROCESS",
    environment=lambda where, _: {"LINES_AT": where},
)
