"""PostgreSQL's stream of length-prefixed messages, read in parts: each has enough of its message to name it."""

from __future__ import annotations

from struct import Struct

from shaketable.faults.transactions import ENDS_SESSION
from shaketable.real.tap.framer import HEAD_MAX_BYTES

LENGTH_BYTES = 4
_LENGTH_MAX = 2**30  # PostgreSQL's own limits for a message and for a start-up packet
_UNTYPED_LENGTH_MAX = 10_000
_IS_KIND = bytes(byte < 128 and chr(byte).isalnum() for byte in range(256))
_length_at = Struct("!I").unpack_from

Part = tuple[int, int, int, bool, bool]
"""Kind, where the part begins and ends in `data`, whether its message begins with it, and whether it ends with it."""


class MessageReader:
    """Type byte (if `typed`), four bytes of length that count themselves, content.

    A message is held back until it is whole or HEAD_MAX_BYTES of it are here; the rest streams. Parts are places, so
    that several are taken out as one: `take` must be asked for all that shall go on.
    """

    __slots__ = ("_held", "_kind", "_left", "_read_to", "_taken_to", "data", "is_broken", "typed")

    def __init__(self, *, typed: bool) -> None:
        self.typed = typed
        self.is_broken = False  # another protocol: what follows the last part is no message
        self.data = b""
        self._held = b""  # parts of earlier feeds that were not taken
        self._taken_to = 0  # in data
        self._read_to = 0  # where the parts in data end
        self._left = 0  # bytes of the present message still to come after its first part
        self._kind = 0

    def feed(self, data: bytes) -> list[Part]:
        """Return the parts that are ready; of an untyped stream at most one, for what follows it may be typed."""
        if self._taken_to < self._read_to:
            self._held += self.data[self._taken_to : self._read_to]
        if self._read_to < len(self.data):
            data = self.data[self._read_to :] + data
        parts: list[Part] = []
        typed, at, size = self.typed, 0, len(data)
        head_bytes = LENGTH_BYTES + typed
        if self._left and size:
            at = min(self._left, size)
            self._left -= at
            parts.append((self._kind, 0, at, False, not self._left))
        while size - at >= head_bytes:
            kind = data[at] if typed else 0
            total = _length_at(data, at + typed)[0] + typed
            limit = _LENGTH_MAX if typed else _UNTYPED_LENGTH_MAX
            if not head_bytes <= total <= limit or (typed and not _IS_KIND[kind]):
                self.is_broken = True
                break
            start, at = at, at + total
            if at <= size:
                parts.append((kind, start, at, True, True))
            elif size - start >= HEAD_MAX_BYTES:
                self._kind, self._left, at = kind, at - size, size
                parts.append((kind, start, size, True, False))
            else:
                at = start
                break
            if not typed:
                break
        self.data, self._taken_to, self._read_to = data, 0, at
        return parts

    def take(self, to: int | None = None) -> bytes:
        """Take what has not been taken yet, up to the place `to` in `data`, or to the end of the last part."""
        to = self._read_to if to is None else to
        taken = self.data[self._taken_to : to]
        self._taken_to = to
        if self._held:
            taken, self._held = self._held + taken, b""
        return taken

    def take_rest(self) -> bytes:
        """Take everything that has come and was not taken, also what is no whole message."""
        rest = self.take(len(self.data))
        self.data, self._taken_to, self._read_to = b"", 0, 0
        return rest

    def untaken_bytes(self, to: int) -> int:
        """Return the number of bytes that `take(to)` would give."""
        return len(self._held) + to - self._taken_to


def text_at(data: bytes, at: int, end: int) -> bytes:
    """Return the text at `at`, which a zero or the end of what is read ends."""
    to = data.find(b"\0", at, end)
    return data[at : end if to < 0 else to]


def behind_text(data: bytes, at: int, end: int) -> int:
    """Return where what follows the text at `at` begins."""
    to = data.find(b"\0", at, end)
    return end if to < 0 else to + 1


def query_message(text: str) -> bytes:
    """Return a simple query."""
    return _message(b"Q", text.encode() + b"\0")


TOO_MANY_CLIENTS = "53300"
"""What a server says to a client for which it has no session."""
_SAID = {
    "40001": "could not serialize access",
    "40P01": "deadlock detected",
    "57014": "canceling statement due to statement timeout",
    "25P03": "terminating connection due to idle-in-transaction timeout",
    "57P01": "terminating connection due to administrator command",
    TOO_MANY_CLIENTS: "sorry, too many clients already",
}
"""The server's own words for each error, by which some clients know it."""


def error_message(sqlstate: str) -> bytes:
    """Return the ErrorResponse of a transaction that the server rolled back, or of a session that it ended or refused."""
    severity = b"FATAL" if sqlstate in {*ENDS_SESSION, TOO_MANY_CLIENTS} else b"ERROR"
    fields = (
        b"S" + severity,
        b"V" + severity,
        b"C" + sqlstate.encode(),
        b"M" + _SAID[sqlstate].encode(),
    )
    return _message(b"E", b"".join(field + b"\0" for field in fields) + b"\0")


def _message(kind: bytes, content: bytes) -> bytes:
    return kind + (LENGTH_BYTES + len(content)).to_bytes(LENGTH_BYTES, "big") + content
