"""One (client, server) edge: a listening socket of ours, every connection of which is framed and may go wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from harness.real.tap.connection import Connection
from harness.real.tap.framer import Framer
from harness.real.tap.switchboard import Switchboard

MakeFramer = Callable[[], Framer]


class Edge:
    """The proxy that `client` takes for `server`. Connections to a server that is down are refused by it."""

    def __init__(
        self, client: str, server: str, upstream: tuple[str, int], make_framer: MakeFramer, board: Switchboard
    ) -> None:
        self.client = client
        self.server = server
        self.upstream = upstream
        self.port = 0
        self.opaque: dict[str, int] = {}  # why traffic was not understood -> connections
        self.passed_bytes = 0
        self._make_framer = make_framer
        self._board = board
        self._listener: asyncio.Server | None = None
        self._connections: dict[Connection, None] = {}

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; the port is chosen by the system unless given, and stays the same until `close`."""
        self._listener = await asyncio.start_server(self._accept, host, port, limit=Connection.CHUNK_BYTES)
        self.port = int(self._listener.sockets[0].getsockname()[1])
        return self.port

    async def close(self) -> None:
        """Stop listening and abort every connection."""
        if self._listener is not None:
            self._listener.close()
        self.abort_all()
        if self._listener is not None:
            await self._listener.wait_closed()

    def abort_all(self) -> None:
        """Reset every connection of this edge (its client or server lost power)."""
        for connection in list(self._connections):
            connection.abort()

    def abort_tainted(self) -> None:
        """Reset the connections that a partition swallowed something of: it has healed."""
        for connection in list(self._connections):
            if connection.tainted:
                connection.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(
            self.client, self.server, self.upstream, self._make_framer(), self._board, reader, writer
        )
        self._connections[connection] = None
        try:
            await connection.run()
        finally:
            del self._connections[connection]
            self.passed_bytes += connection.passed_bytes
            if connection.framer.opaque:
                self.opaque[connection.framer.opaque] = self.opaque.get(connection.framer.opaque, 0) + 1
