"""One socket of a connection, the client's or the server's: its bytes go into one lane, and another lane's go out."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import cast

from shaketable.real.tap.lane import Lane

CHUNK_BYTES = 64 * 1024
"""At most so much is read at once, and no more is kept for a peer that does not read."""
_RESET_AT_ONCE = struct.pack("ii", 1, 0)


class Side(asyncio.BufferedProtocol):
    """`made` is called once it is connected.

    `buffer` may be shared by all sides of one loop: what is read into it is copied before the next read.
    """

    __slots__ = ("_buffer", "_made", "_sink", "_source", "transport")

    def __init__(
        self, source: Lane, sink: Lane, buffer: memoryview, made: Callable[[], None] = lambda: None
    ) -> None:
        self.transport: asyncio.Transport | None = None
        self._source = source
        self._sink = sink
        self._buffer = buffer
        self._made = made

    def close(self) -> None:
        """Close in order: what was written still goes out."""
        if self.transport is not None:
            self.transport.close()

    def reset(self) -> None:
        """Close now: the peer sees a reset."""
        if self.transport is None:
            return
        # SO_LINGER with a time of 0 makes close send RST: the peer sees a reset, not an orderly end
        sock = self.transport.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError, ValueError):  # closed already; uvloop's then has no number
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_ONCE)
        self.transport.abort()

    # -- what asyncio calls ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = self._source.source = self._sink.sink = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=CHUNK_BYTES)
        self._made()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._source.received(bytes(self._buffer[:nbytes]))

    def eof_received(self) -> bool:
        self._source.finish_sending()
        return True  # the other direction goes on until the connection is closed

    def connection_lost(self, exc: Exception | None) -> None:
        self._source.finish(is_whole=exc is None)

    def pause_writing(self) -> None:
        self._sink.pause_writing()

    def resume_writing(self) -> None:
        self._sink.resume_writing()
