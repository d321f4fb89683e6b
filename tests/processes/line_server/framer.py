"""The line protocol for the tap: `SET key value` or `GET key`, each answered by a line, in order."""

from __future__ import annotations

from collections import deque
from typing import ClassVar

from shaketable.boundary import address_key
from shaketable.real.tap.framer import Exchange, Piece


class LineFramer:
    """One connection."""

    in_order: ClassVar[bool] = True
    opaque = ""

    def __init__(self) -> None:
        self._asked, self._answered = b"", b""
        self._waiting: deque[Exchange] = deque()

    def client_sent(self, data: bytes) -> list[Piece]:
        *lines, self._asked = (self._asked + data).split(b"\n")
        pieces = []
        for line in lines:
            verb, key, *_ = [*line.decode().split(" "), ""]
            exchange = Exchange(((verb, address_key(key)),))
            self._waiting.append(exchange)
            pieces.append(Piece(line + b"\n", exchange, first=True, last=True))
        return pieces

    def server_sent(self, data: bytes) -> list[Piece]:
        *lines, self._answered = (self._answered + data).split(b"\n")
        return [Piece(line + b"\n", self._waiting.popleft(), first=True, last=True) for line in lines]

    def client_closed(self) -> list[Piece]:
        return [Piece(self._asked)] if self._asked else []

    def server_closed(self) -> list[Piece]:
        return [Piece(self._answered)] if self._answered else []
