"""One proxied connection: two pumps, and the faults of the messages that pass through them.

Bytes are forwarded as the framer releases them, with back-pressure: a connection costs constant memory whatever
passes. A hold delays everything behind the held message on the same connection, as TCP does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Iterable
from typing import ClassVar, assert_never

from harness.arming import Armed
from harness.boundary import Boundary, Leg
from harness.fault import CrashReceiver, CrashSender, Cut, Drop, Duplicate, Hold, can_duplicate
from harness.real.tap.framer import Exchange, Framer, Piece
from harness.real.tap.outlet import Outlet
from harness.real.tap.switchboard import Switchboard


class _Gone(Exception):
    """This connection is over: it was cut, or a party of it lost power."""


class Connection:
    """Runs until either side closes; `abort` resets both."""

    CHUNK_BYTES: ClassVar[int] = 64 * 1024
    DUPLICATE_MAX_BYTES: ClassVar[int] = 1024 * 1024

    def __init__(
        self,
        client: str,
        server: str,
        upstream: tuple[str, int],
        framer: Framer,
        board: Switchboard,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self.framer = framer
        self.tainted = False
        self.passed_bytes = 0
        self._has_asked = self._has_answered = False
        self._client = client
        self._server = server
        self._upstream = upstream
        self._board = board
        self._client_reader = reader
        self._client_writer = writer
        self._server_writer: asyncio.StreamWriter | None = None
        self._boundaries: dict[Exchange, list[Boundary]] = {}
        self._polls: dict[Exchange, int] = {}  # when they asked
        self._swallowed: dict[tuple[Exchange, Leg], None] = {}
        self._lost_from: dict[Leg, Exchange] = {}  # a stream goes on from a gap in it no more than TCP's does
        self._copies: dict[Exchange, bytearray] = {}
        self._side_tasks: dict[asyncio.Task[None], None] = {}

    async def run(self) -> None:
        """Connect upstream and pump both ways until one side ends."""
        try:
            server_reader, self._server_writer = await asyncio.open_connection(
                *self._upstream, limit=self.CHUNK_BYTES
            )
        except OSError:
            self._reset(
                self._client_writer
            )  # nobody listens there: the client must not take it for an answer
            return
        for writer in (self._client_writer, self._server_writer):
            writer.transport.set_write_buffer_limits(high=self.CHUNK_BYTES)
        pumps = [
            asyncio.ensure_future(self._pump(self._client_reader, self._server_writer, "request")),
            asyncio.ensure_future(self._pump(server_reader, self._client_writer, "reply")),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*pumps, *self._side_tasks):
                task.cancel()
            await asyncio.gather(*pumps, *self._side_tasks, return_exceptions=True)
            self._close_both()

    @property
    def is_owed(self) -> bool:
        """Whether somebody may wait for something on it: for an answer, or for one that never comes; or nobody knows."""
        is_opening = self._has_asked and not self._has_answered
        owed = self.tainted or self._side_tasks or is_opening or self.framer.opaque
        return bool(owed or self._boundaries)

    def abort(self) -> None:
        """Reset both sides now."""
        for writer in (self._client_writer, self._server_writer):
            if writer is not None:
                self._reset(writer)

    def lose_client(self) -> None:
        """The client is gone; a message of it that is held goes on, and then the connection ends."""
        self._reset(self._client_writer)

    # -- pumping -----------------------------------------------------------------------------------------

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, leg: Leg) -> None:
        framer, outlet = self.framer, Outlet(writer)
        feed = framer.client_sent if leg == "request" else framer.server_sent
        with contextlib.suppress(_Gone, ConnectionError, OSError):
            while data := await reader.read(self.CHUNK_BYTES):
                self._has_asked = True  # a server that speaks first is answered before long
                self._has_answered |= leg == "reply"
                for piece in feed(data):
                    await self._pass(piece, outlet, leg)
                await outlet.drain()
            for piece in framer.client_closed() if leg == "request" else framer.server_closed():
                await self._pass(piece, outlet, leg)
            outlet.flush()

    async def _pass(self, piece: Piece, outlet: Outlet, leg: Leg) -> None:
        exchange = piece.exchange
        if self._board.is_partitioned(self._client, self._server) or self._is_behind_a_gap(exchange, leg):
            self.tainted = True
            return
        if piece.first and exchange is not None:
            delay_ms = self._board.latency_ms(self._client, self._server)
            if delay_ms:
                outlet.flush()
                await self._sleep(delay_ms)
            await self._open_leg(exchange, outlet, leg)
        if exchange is not None and (exchange, leg) in self._swallowed:
            if piece.last:
                del self._swallowed[exchange, leg]
            return
        if exchange is not None and exchange in self._copies and leg == "request":
            self._copy(exchange, piece)
        outlet.put(piece.data)
        self.passed_bytes += len(piece.data)
        if piece.last and exchange is not None and leg == "request" and exchange.marks:
            self._board.arrived(self._client, exchange)
        if piece.last and exchange is not None and leg == "reply":
            if self._boundaries.pop(exchange, None):
                self._board.stir()
            asked_ms = self._polls.pop(exchange, None)
            self._board.answered(self._client, self._server, exchange, poll_asked_ms=asked_ms)
        if len(piece.data) >= self.CHUNK_BYTES:
            await outlet.drain()

    def _is_behind_a_gap(self, exchange: Exchange | None, leg: Leg) -> bool:
        lost = self._lost_from.get(leg)
        return lost is not None and lost is not exchange

    async def _open_leg(self, exchange: Exchange, outlet: Outlet, leg: Leg) -> None:
        """Count at the leg that names the exchange, then let this leg's faults happen."""
        naming: Leg = "reply" if exchange.named_by_reply else "request"
        if leg == naming and exchange.names:
            boundaries = self._board.count(self._client, self._server, exchange.names)
            if boundaries:
                self._boundaries[exchange] = boundaries
            elif leg == "request" and exchange.expects_reply:
                self._polls[exchange] = self._board.now_ms()
        for boundary in self._boundaries.get(exchange, ()):
            legs: tuple[Leg, ...] = ("request", "reply") if exchange.named_by_reply else (leg,)
            for each in legs:
                for armed in self._board.arming.take(boundary, each):
                    outlet.flush()  # what came before goes before it
                    await self._happen(armed, exchange, leg)
        if leg == "request" and not exchange.expects_reply:
            self._boundaries.pop(exchange, None)

    async def _happen(self, armed: Armed, exchange: Exchange, leg: Leg) -> None:
        fault, board = armed.fault, self._board
        match fault:
            case Drop():
                board.receipt(armed.event, self._client, str(armed))
                self._swallowed[exchange, leg] = None
                if self.framer.in_order:
                    self._lost_from.setdefault(leg, exchange)
            case Cut():
                board.receipt(armed.event, self._client, str(armed))
                self.abort()
                raise _Gone
            case Hold(for_ms=for_ms):
                board.receipt(armed.event, self._client, str(armed), held_ms=for_ms)
                await self._sleep(for_ms)
            case Duplicate():
                if leg == "request" and can_duplicate(fault.boundary.route.verb):
                    self._copies[exchange] = bytearray()
                    board.receipt(armed.event, self._client, str(armed))
            case CrashSender(down_ms=down_ms):
                await self._crash(armed, self._client, down_ms)
            case CrashReceiver(down_ms=down_ms):
                await self._crash(armed, self._server, down_ms)
            case _:
                assert_never(fault)

    async def _crash(self, armed: Armed, party: str, down_ms: int) -> None:
        # The crash resets this connection and so ends this pump: it must go on without us.
        await asyncio.shield(self._board.spawn(self._lose(armed, party, down_ms)))
        self.abort()
        raise _Gone

    async def _lose(self, armed: Armed, party: str, down_ms: int) -> None:
        if await self._board.power.crash(party, down_ms):
            self._board.receipt(armed.event, party, str(armed), down_ms=down_ms)

    async def _sleep(self, delay_ms: int) -> None:
        run = self._board.history
        self._board.held += 1
        try:
            await asyncio.sleep(delay_ms / 1000 / self._board.scale)
        finally:
            if self._board.history is run:  # else the next run has begun, and counts from 0
                self._board.held -= 1

    # -- duplicates --------------------------------------------------------------------------------------

    def _copy(self, exchange: Exchange, piece: Piece) -> None:
        copy = self._copies[exchange]
        copy += piece.data
        if piece.last:
            del self._copies[exchange]
            task = asyncio.ensure_future(self._send_again(bytes(copy)))
            self._side_tasks[task] = None
            task.add_done_callback(lambda done: self._side_tasks.pop(done, None))

    async def _send_again(self, request: bytes) -> None:
        """The same request once more, on a connection of its own; nobody hears the answer."""
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(*self._upstream, limit=self.CHUNK_BYTES)
            try:
                writer.write(request)
                await writer.drain()
                await asyncio.wait_for(reader.read(self.CHUNK_BYTES), timeout=5)
            except TimeoutError:
                return
            finally:
                writer.close()

    # -- ends --------------------------------------------------------------------------------------------

    def _close_both(self) -> None:
        for writer in (self._client_writer, self._server_writer):
            if writer is not None:
                writer.close()

    def _reset(self, writer: asyncio.StreamWriter) -> None:
        # SO_LINGER with a time of 0 makes close send RST: the peer sees a reset, not an orderly end
        sock = writer.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


def pieces_of(data: Iterable[Piece]) -> bytes:
    """All bytes of some pieces: what a framer's tests compare with its input."""
    return b"".join(piece.data for piece in data)
