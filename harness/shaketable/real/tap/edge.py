"""One (client, server) edge: a listening socket of ours, every connection of which is framed and may go wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from shaketable.real.bounded_waits import within
from shaketable.real.tap.connection import Connection
from shaketable.real.tap.framer import Exchange, Framer
from shaketable.real.tap.front import Front
from shaketable.real.tap.listener import Listener
from shaketable.real.tap.side import CHUNK_BYTES, Side
from shaketable.real.tap.switchboard import Switchboard

MakeFramer = Callable[[], Framer]
_ANSWER_WITHIN_S = 5
_ENDED_WITHIN_S = 10
_ANSWER_MAX_BYTES = 64 * 1024


class Passed(NamedTuple):
    """Counts of an edge: connections that came, connections that ended, bytes that went on."""

    accepted: int
    ended: int
    bytes: int


class Edge:
    """The proxy that `client` takes for `server`. Connections to a server that is down are refused by it."""

    def __init__(
        self, client: str, server: str, upstream: tuple[str, int], make_framer: MakeFramer, board: Switchboard
    ) -> None:
        self.client = client
        self.server = server
        self.upstream = upstream
        self.front: Front | None = None  # accepts connections for it too
        self.opaque: dict[str, int] = {}  # why traffic was not understood -> connections
        self.passed_bytes = 0
        self.accepted = 0
        self._make_framer = make_framer
        self._board = board
        self._listener = Listener(self.made)
        self._ended = 0
        self._refusals = 0
        self._connections: dict[Connection, None] = {}
        self._repeats: dict[asyncio.Task[None], None] = {}  # requests that arrive twice
        self._buffer = memoryview(bytearray(CHUNK_BYTES))

    async def open(self, host: str = "127.0.0.1") -> int:
        """Listen and return the port, which the system chooses and which stays the same until `close`."""
        return await self._listener.open(host)

    @property
    def port(self) -> int:
        return self._listener.port

    @property
    def accepts(self) -> bool:
        """False while its server is down."""
        return self._listener.listens

    async def accept(self) -> None:
        """Take one `refuse` back; when that was the last, listen again, on the same port."""
        self._refusals = max(0, self._refusals - 1)
        if not self._refusals:
            await self._listener.listen()
            if self.front is not None:
                await self.front.accepted()

    def refuse(self) -> None:
        """Stop listening and reset every connection, for the server behind this edge is down."""
        self._refusals += 1
        self._listener.refuse()
        if self.front is not None:
            self.front.refused()
        self.abort_all()

    async def close(self) -> None:
        """Stop listening, abort every connection, and wait until their tasks have ended."""
        tasks = [*self._repeats, *(task for connection in self._connections for task in connection.tasks)]
        self.refuse()
        self._listener.close()
        ended = asyncio.gather(*tasks, return_exceptions=True)
        what = f"the connections of {self.client} to {self.server} to end"
        await within(ended, within_s=_ENDED_WITHIN_S, what=what)

    def abort_all(self) -> None:
        """Reset every connection of this edge (its server lost power)."""
        for connection in list(self._connections):
            connection.abort()
        for task in self._repeats:
            task.cancel()

    def lose_client(self) -> None:
        """Reset the client's side of every connection, for it lost power; what it has sent is under way all the same."""
        for connection in list(self._connections):
            connection.lose_client()

    def abort_tainted(self) -> None:
        """Reset the connections that a partition swallowed something of: it has healed."""
        for connection in list(self._connections):
            if connection.traffic.is_tainted:
                connection.abort()

    @property
    def passed(self) -> Passed:
        """The counts so far, also of connections that are open."""
        on_open = sum(c.traffic.passed_bytes for c in self._connections)
        return Passed(self.accepted, self._ended, self.passed_bytes + on_open)

    @property
    def awaits_reply(self) -> bool:
        """True while a party may wait for an answer on one of its connections."""
        return bool(self._repeats) or any(connection.awaits_reply for connection in self._connections)

    @property
    def awaits_group(self) -> bool:
        """True while a member waits on one of its connections for its group to form anew."""
        return any(connection.traffic.awaits_group for connection in self._connections)

    def made(self) -> Side:
        """Make a connection, and return its client's side."""
        connection = Connection(
            self.client,
            self.server,
            self.upstream,
            self._make_framer(),
            self._board,
            self._buffer,
            self._send_again,
            self._began,
            self._has_ended,
        )
        return connection.client_side

    def _began(self, connection: Connection) -> None:
        self._connections[connection] = None
        self.accepted += 1
        if not self.accepts:  # it came just before the edge refused
            connection.abort()

    def _has_ended(self, connection: Connection) -> None:
        del self._connections[connection]
        self.passed_bytes += connection.traffic.passed_bytes
        self._ended += 1
        if connection.awaits_reply:
            self._board.note_activity()  # its client waits no more
        if connection.framer.opaque:
            self.opaque[connection.framer.opaque] = self.opaque.get(connection.framer.opaque, 0) + 1

    def _send_again(self, request: bytes) -> None:
        arrived = partial(self._board.arrived, self.client)
        task = asyncio.ensure_future(_send_again(request, self.upstream, self._make_framer(), arrived))
        self._repeats[task] = None
        task.add_done_callback(lambda done: self._repeats.pop(done, None))


async def _send_again(
    request: bytes, upstream: tuple[str, int], framer: Framer, arrived: Callable[[Exchange], None]
) -> None:
    """Let a request arrive a second time, on a connection of its own, whatever becomes of the first one's.

    `arrived` is told of it as of any request. Its answer is waited for and thrown away, once `framer` has read in it what
    changed.
    """
    with contextlib.suppress(OSError):  # a TimeoutError is one: no party waits for this answer
        async with asyncio.timeout(_ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection(*upstream, limit=_ANSWER_MAX_BYTES)
        try:
            for piece in framer.client_sent(request):
                if piece.last and piece.exchange is not None:
                    arrived(piece.exchange)
            writer.write(request)
            async with asyncio.timeout(_ANSWER_WITHIN_S):
                await writer.drain()
                answer = await reader.read(_ANSWER_MAX_BYTES)
            deque(framer.server_sent(answer), maxlen=0)
        finally:
            writer.close()
