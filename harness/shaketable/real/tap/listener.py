"""A port of ours on which connections are accepted, or refused: it keeps its number meanwhile."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable


class Listener:
    """`made` makes the protocol of each connection that is accepted."""

    __slots__ = ("_host", "_is_wanted", "_kept", "_made", "_server", "_starting", "port")

    def __init__(self, made: Callable[[], asyncio.BaseProtocol]) -> None:
        self.port = 0
        self._made = made
        self._host = ""
        self._is_wanted = False
        self._starting = asyncio.Lock()
        self._server: asyncio.Server | None = None
        self._kept: socket.socket | None = None  # keeps the port while nothing listens

    @property
    def listens(self) -> bool:
        return self._server is not None

    async def open(self, host: str) -> int:
        """Listen and return the port, which the system chooses and which stays the same until `close`."""
        self._host = host
        await self.listen()
        return self.port

    async def listen(self) -> None:
        """Listen, on the same port as before; without effect if it does."""
        self._is_wanted = True
        async with self._starting:  # no limit: to listen on a socket that is bound waits for no other party
            if self._server is None and self._is_wanted:
                kept = self._kept or self._bound()
                self._kept = None
                self._server = await asyncio.get_running_loop().create_server(self._made, sock=kept)
                self.port = int(kept.getsockname()[1])
                if not self._is_wanted:  # refused while it started
                    self._stop()

    def refuse(self) -> None:
        """Stop listening: connects are refused from now on."""
        self._is_wanted = False
        self._stop()

    def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
            self._kept = self._bound()

    def close(self) -> None:
        """Stop listening and give the port up."""
        self.refuse()
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _bound(self) -> socket.socket:
        """Bind a socket to our port that does not listen yet: connects are refused, and no other program gets the port."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # With the protocol named, asyncio sets NODELAY.
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((self._host, self.port))
        return bound
