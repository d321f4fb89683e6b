"""PostgreSQL's messages as bytes, and a conversation through a framer in which each unit is answered before the next."""

from __future__ import annotations

import struct

from shaketable.real.tap.framer import Piece
from shaketable.real.tap.postgres import PostgresFramer
from tests.unit.tap.streams import feed


def message(kind: str, body: bytes = b"") -> bytes:
    return kind.encode() + struct.pack("!i", len(body) + 4) + body


def startup() -> bytes:
    body = struct.pack("!i", 196608) + b"user\0u\0\0"
    return struct.pack("!i", len(body) + 4) + body


def query(text: str) -> bytes:
    return message("Q", text.encode() + b"\0")


def parse(name: str, text: str) -> bytes:
    return message("P", f"{name}\0{text}\0".encode() + b"\0\0")


def bind(portal: str, statement: str) -> bytes:
    return message("B", f"{portal}\0{statement}\0".encode() + bytes(6))


def execute(portal: str, rows_max: int = 0) -> bytes:
    return message("E", portal.encode() + b"\0" + struct.pack("!i", rows_max))


def ready(status: str = "T") -> bytes:
    return message("Z", status.encode())


def done(tag: str, status: str = "T") -> bytes:
    return message("C", tag.encode() + b"\0") + ready(status)


def failed(sqlstate: str = "22012", status: str = "E") -> bytes:
    return message("E", f"SERROR\0C{sqlstate}\0\0".encode()) + ready(status)


SYNC = message("S")
FLUSH = message("H")
GREETING = message("R", struct.pack("!i", 0)) + ready("I")


class Conversation:
    """One connection: `say` sends a unit and lets it be answered."""

    def __init__(self) -> None:
        self.framer = PostgresFramer()
        self.names: list[tuple[str, str]] = []
        feed(self.framer.client_sent, [startup()])
        feed(self.framer.server_sent, [GREETING])

    def ask(self, request: bytes) -> list[Piece]:
        """Send a unit without its answer."""
        pieces = feed(self.framer.client_sent, [request])
        self.names += [
            name for piece in pieces if piece.first and piece.exchange for name in piece.exchange.names
        ]
        return pieces

    def answer(self, answer: bytes) -> list[Piece]:
        return feed(self.framer.server_sent, [answer])

    def say(self, request: bytes, answer: bytes) -> None:
        self.ask(request)
        self.answer(answer)
