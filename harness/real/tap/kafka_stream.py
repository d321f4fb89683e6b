"""One direction of a Kafka connection: length-prefixed messages, kept until they can be named, then streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from harness.real.tap.framer import Exchange, Piece

MESSAGE_MAX_BYTES = 256 * 1024 * 1024
"""No longer message is believed (a broker's own limit is 100 MiB unless set otherwise).

TLS and text of whatever protocol, read as a length, are above this: they are known by their first four bytes.
"""
_LENGTH_BYTES = 4


class NotKafka(Exception):
    """What comes is not Kafka's protocol, or a version of it that is not known here."""


class Stream:
    """Keeps as much of a message as `_needs` asks for, has `_open` name it, and lets the rest of it through."""

    HEADER_BYTES: ClassVar[int]  # the length and what `_needs` has to see

    def __init__(self) -> None:
        self.ended = False  # nothing more is read: all that comes is opaque
        self.kept = bytearray()
        self._size = 0  # of the message at hand, with its length
        self._wanted = 0  # how much of it is kept before it is opened; 0: not known yet
        self._left = 0  # bytes of an opened message that are still to come
        self._exchange: Exchange | None = None

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Pieces that are ready. Raises NotKafka with the unread bytes still kept."""
        if self._left and data:
            piece = self._continue(data)
            data = data[len(piece.data) :]
            yield piece
        self.kept += data
        while self.kept and not self.ended:
            if not self._wanted:
                self._wanted = self._plan()
            if not self._wanted or len(self.kept) < self._wanted:
                return
            yield self._release()

    def flush(self, data: bytes) -> Iterator[Piece]:
        """Everything, unread: the rest of an opened message, then bytes of no exchange."""
        if self._left and data:
            piece = self._continue(data)
            data = data[len(piece.data) :]
            yield piece
        if rest := bytes(self.kept) + data:
            self.kept.clear()
            yield Piece(rest)

    def _plan(self) -> int:
        if len(self.kept) < _LENGTH_BYTES:
            return 0
        length = int.from_bytes(self.kept[:_LENGTH_BYTES], "big")
        self._size = _LENGTH_BYTES + length
        if self._size < self.HEADER_BYTES or length > MESSAGE_MAX_BYTES:
            raise NotKafka(f"no Kafka: {length} in the place of a message's length")
        if len(self.kept) < self.HEADER_BYTES:
            return 0
        return min(self._size, self._needs(bytes(self.kept[: self.HEADER_BYTES])))

    def _release(self) -> Piece:
        size, wanted = self._size, self._wanted
        head, exchange = self._open(bytes(self.kept[:wanted]), size)
        more = bytes(self.kept[wanted:size])
        del self.kept[:size]
        self._left = size - wanted - len(more)
        self._wanted = 0
        self._exchange = exchange
        return Piece(head + more, exchange, first=True, last=not self._left)

    def _continue(self, data: bytes) -> Piece:
        part = data[: self._left]
        self._left -= len(part)
        return Piece(part, self._exchange, last=not self._left)

    def _needs(self, header: bytes) -> int:
        """How many bytes of a message `_open` has to see; at least the header. Raises NotKafka."""
        raise NotImplementedError

    def _open(self, head: bytes, size: int) -> tuple[bytes, Exchange]:
        """The exchange that a message of `size` bytes belongs to, and `head` as it is to be forwarded."""
        raise NotImplementedError
