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
        self.accepted = 0
        self._host = ""
        self._make_framer = make_framer
        self._board = board
        self._listener: asyncio.Server | None = None
        self._connections: dict[Connection, None] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; the port is chosen by the system unless given, and stays the same until `close`."""
        self._host, self.port = host, port
        await self.accept()
        return self.port

    async def accept(self) -> None:
        """Listen again after `refuse`, on the same port."""
        if self._listener is None:
            self._listener = await asyncio.start_server(
                self._accept, self._host, self.port, limit=Connection.CHUNK_BYTES
            )
            self.port = int(self._listener.sockets[0].getsockname()[1])

    def refuse(self) -> None:
        """Nobody listens any more: the server behind this edge is down. Its connections are reset."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        self.abort_all()

    async def close(self) -> None:
        """Stop listening, abort every connection, and wait until their tasks have ended."""
        self.refuse()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def abort_all(self) -> None:
        """Reset every connection of this edge (its client or server lost power)."""
        for connection in list(self._connections):
            connection.abort()

    def abort_tainted(self) -> None:
        """Reset the connections that a partition swallowed something of: it has healed."""
        for connection in list(self._connections):
            if connection.tainted:
                connection.abort()

    @property
    def traffic_bytes(self) -> int:
        """What has passed so far, also on connections that are open."""
        return self.passed_bytes + sum(c.passed_bytes for c in self._connections)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(
            self.client, self.server, self.upstream, self._make_framer(), self._board, reader, writer
        )
        self._connections[connection] = None
        self.accepted += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks[task] = None
        try:
            await connection.run()
        except asyncio.CancelledError:
            pass  # `close` ends this task; Python 3.11's streams take a cancelled one for an error
        finally:
            del self._connections[connection]
            del self._tasks[task]
            self.passed_bytes += connection.passed_bytes
            if connection.framer.opaque:
                self.opaque[connection.framer.opaque] = self.opaque.get(connection.framer.opaque, 0) + 1
