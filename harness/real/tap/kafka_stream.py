"""One direction of a Kafka connection: length-prefixed messages, kept until they can be named, then streamed."""

from __future__ import annotations

from collections.abc import Iterator

from harness.real.tap.framer import Exchange, Piece

MESSAGE_MAX_BYTES = 1 << 30
"""No longer message is believed: text in the place of a length, of whatever protocol, is above this."""


class NotKafka(Exception):
    """What comes is not Kafka's protocol, or a version of it that is not known here."""


class Stream:
    """Keeps the first `_plan` bytes of a message, has `_open` name it, and lets the rest of it through."""

    def __init__(self) -> None:
        self.ended = False  # nothing more is read: what comes is opaque
        self._kept = bytearray()
        self._wanted = 0  # how much of the message at hand is kept before it is opened; 0: not known yet
        self._left = 0  # bytes of an opened message that are still to come
        self._exchange: Exchange | None = None

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Pieces that are ready. Raises NotKafka with the unread bytes still kept."""
        data = yield from self._pass_on(data)
        self._kept += data
        while self._kept and not self.ended:
            if not self._wanted:
                self._wanted = self._plan(self._kept)
            if not self._wanted or len(self._kept) < self._wanted:
                return
            yield self._release()

    def flush(self, data: bytes = b"") -> Iterator[Piece]:
        """Everything, unread: the end of a message under way, then bytes of no exchange."""
        data = yield from self._pass_on(data)
        rest = bytes(self._kept) + data
        self._kept.clear()
        if rest:
            yield Piece(rest)

    def _pass_on(self, data: bytes) -> Iterator[Piece]:
        raise NotImplementedError
