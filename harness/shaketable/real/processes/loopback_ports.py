"""Loopback ports that are chosen once and stay ours while no process listens on them."""

from __future__ import annotations

import os
import socket

from shaketable.errors import HarnessError

LOOPBACK = "127.0.0.1"
_FIRST, _LAST = 10_000, 32_000  # below where Linux takes the ports of outgoing connections from


class Ports:
    """Gives each name one port until `close`.

    A server that is down for a while must find its port free again, so each is held by a socket that is bound but
    never listens. Such a socket keeps out every program that did not ask to share, which includes the kernel when
    it needs a port for an outgoing connection; our servers do ask (SO_REUSEADDR, as nearly every server does).
    """

    def __init__(self) -> None:
        self._held: dict[str, socket.socket] = {}
        self._next = _FIRST + os.getpid() * 61 % (_LAST - _FIRST)  # two commands seldom try the same ones

    def take(self, name: str) -> int:
        """Return the port of `name`, the same each time; HarnessError when none is free."""
        if name not in self._held:
            self._held[name] = self._hold()
        port: int = self._held[name].getsockname()[1]
        return port

    def close(self) -> None:
        for holder in self._held.values():
            holder.close()
        self._held.clear()

    def _hold(self) -> socket.socket:
        for _ in range(_LAST - _FIRST):
            port = self._next
            self._next = _FIRST + (port + 1 - _FIRST) % (_LAST - _FIRST)
            holder = socket.socket()
            try:
                holder.bind((LOOPBACK, port))
            except OSError:
                holder.close()
                continue
            # Set only now: bound without it, the socket proved that no other process holds the port.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            return holder
        raise HarnessError(
            f"no free loopback port between {_FIRST} and {_LAST}: what listens on all of them?"
        )
