"""One direction of a Kafka connection: length-prefixed messages, kept until they can be named, then streamed."""

from __future__ import annotations

from struct import Struct
from typing import ClassVar

from shaketable.real.tap.framer import Exchange, Piece

MESSAGE_MAX_BYTES = 256 * 1024 * 1024
"""No longer message is believed (a broker's own limit is 100 MiB unless set otherwise).

TLS and text of whatever protocol, read as a length, are above this: they are known by their first four bytes.
"""
_LENGTH_BYTES = 4
_length_at = Struct("!I").unpack_from


class NotKafka(Exception):
    """The bytes are not Kafka's protocol, or of a version that is not known here."""


class MessageStream:
    """Keeps as much of a message as `_needs` asks for, has `_open` name it, and lets the rest of it through."""

    HEADER_BYTES: ClassVar[int]  # the length and what `_needs` has to see

    def __init__(self) -> None:
        self.ended = False  # nothing more is read: all that comes is opaque
        self.kept = bytearray()
        self._wanted = 0  # bytes of the kept message that have to be there to open it; 0: not known yet
        self._left = 0  # bytes of an opened message that are still to come
        self._exchange: Exchange | None = None

    def feed(self, data: bytes, pieces: list[Piece]) -> None:
        """Add the pieces that are ready. Raises NotKafka with the unread bytes still kept."""
        if self._left and data:
            data = self._continue(data, pieces)
        if self.kept:
            self.kept += data
            if len(self.kept) < self._wanted:
                return
            data = bytes(self.kept)
            self.kept.clear()
        at, size = 0, len(data)
        try:
            while at < size and not self.ended:
                total, self._wanted = self._plan(data, at, size - at)
                if not self._wanted or size - at < self._wanted:
                    break
                end = min(at + total, size)
                wanted_to = at + self._wanted
                head = data[at:wanted_to]
                opened, exchange = self._open(head, total)
                whole = data[at:end] if opened is head else opened + data[wanted_to:end]
                self._left = at + total - end
                self._wanted = 0
                self._exchange = exchange
                at = end
                pieces.append(Piece(whole, exchange, True, not self._left))
        finally:
            if at < size:
                self.kept += data[at:]

    def flush(self, data: bytes) -> list[Piece]:
        """Return everything, unread: the rest of an opened message, then bytes of no exchange."""
        pieces: list[Piece] = []
        if self._left and data:
            data = self._continue(data, pieces)
        if rest := bytes(self.kept) + data:
            self.kept.clear()
            pieces.append(Piece(rest))
        return pieces

    def _plan(self, data: bytes, at: int, available: int) -> tuple[int, int]:
        """Return the length of the message at `at`, and how much of it is to be kept; 0 while that is not known."""
        if available < _LENGTH_BYTES:
            return 0, 0
        length: int = _length_at(data, at)[0]
        total = _LENGTH_BYTES + length
        if total < self.HEADER_BYTES or length > MESSAGE_MAX_BYTES:
            raise NotKafka(f"no Kafka: {length} in the place of a message's length")
        if available < self.HEADER_BYTES:
            return total, 0
        return total, min(total, self._needs(data, at, total))

    def _continue(self, data: bytes, pieces: list[Piece]) -> bytes:
        """Let the rest of an opened message through; return what follows it."""
        part = data[: self._left]
        self._left -= len(part)
        pieces.append(Piece(part, self._exchange, False, not self._left))
        return data[len(part) :]

    def _needs(self, data: bytes, at: int, size: int) -> int:
        """Return how many bytes of the message at `at` `_open` has to see, at least the header. Raises NotKafka."""
        raise NotImplementedError

    def _open(self, head: bytes, size: int) -> tuple[bytes, Exchange]:
        """Return `head` as it is to be forwarded, the same object if unchanged, and the exchange of this message of `size` bytes."""
        raise NotImplementedError
