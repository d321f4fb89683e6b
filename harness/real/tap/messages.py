"""Reading a stream of length-prefixed messages in parts, each part with enough of its message to name it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.real.tap.framer import HEAD_MAX_BYTES

LENGTH_BYTES = 4
_LENGTH_MAX = 2**30  # PostgreSQL's own limits for a message and for a start-up packet
_UNTYPED_LENGTH_MAX = 10_000


class StreamError(Exception):
    """The stream does not speak this protocol."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of one message. `body` is the beginning of its content, on the first part only."""

    data: bytes
    kind: bytes
    body: bytes
    first: bool
    whole: bool  # the message ends with this part


class MessageReader:
    """Type byte (if `typed`), four bytes of length that count themselves, content.

    A message is held back until it is whole or HEAD_MAX_BYTES of it are here; the rest streams.
    """

    def __init__(self, *, typed: bool) -> None:
        self.typed = typed
        self._unread = b""
        self._left = 0  # bytes of the present message still to come after its first part
        self._kind = b""

    def take_unread(self) -> bytes:
        """What has not come out in a part, to be forwarded as it is."""
        unread, self._unread = self._unread, b""
        return unread

    def feed(self, data: bytes) -> Iterator[Part]:
        """The parts that are ready. Raises StreamError with the bytes still unread."""
        self._unread += data
        while self._unread:
            if self._left:
                data, self._unread = self._unread[: self._left], self._unread[self._left :]
                self._left -= len(data)
                yield Part(data, self._kind, b"", first=False, whole=not self._left)
                continue
            head_bytes = LENGTH_BYTES + self.typed
            if len(self._unread) < head_bytes:
                return
            self._kind = self._unread[: int(self.typed)]
            total = int.from_bytes(self._unread[head_bytes - LENGTH_BYTES : head_bytes], "big") + self.typed
            limit = _LENGTH_MAX if self.typed else _UNTYPED_LENGTH_MAX
            if not head_bytes <= total <= limit or (self.typed and not self._kind.isalnum()):
                raise StreamError("no length-prefixed message")
            if len(self._unread) < min(total, HEAD_MAX_BYTES):
                return
            data, self._unread = self._unread[:total], self._unread[total:]
            self._left = total - len(data)
            yield Part(data, self._kind, data[head_bytes:HEAD_MAX_BYTES], first=True, whole=not self._left)
