"""Kafka's wire format: one reader of its primitive types for both encodings of a message, classic and flexible.

A flexible version writes lengths as unsigned varints plus one and ends each structure with tagged fields (KIP-482).
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct, error

_int8_at, _int16_at, _int32_at, _int64_at = (Struct(f"!{kind}").unpack_from for kind in "bhiq")


class Unreadable(Exception):
    """The bytes are not what the protocol says; the message passes as it is, without the names it should have."""


class Truncated(Unreadable):
    """The bytes end inside a field: expected when only the head of a message is kept."""


class Reader:
    """Reads `data` from `at` on. Every method raises Truncated where the bytes end, Unreadable where they are wrong."""

    __slots__ = ("at", "data", "flexible")

    def __init__(self, data: bytes, at: int = 0, *, flexible: bool = False) -> None:
        self.data = data
        self.at = at
        self.flexible = flexible

    def int8(self) -> int:
        return self._int(_int8_at, 1)

    def int16(self) -> int:
        return self._int(_int16_at, 2)

    def int32(self) -> int:
        return self._int(_int32_at, 4)

    def int64(self) -> int:
        return self._int(_int64_at, 8)

    def uvarint(self) -> int:
        """Read an unsigned varint of at most ten bytes (records need 64 bits, lengths 32)."""
        data, at, value, shift = self.data, self.at, 0, 0
        while True:
            if at >= len(data):
                raise Truncated("a varint is cut off")
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                self.at = at
                return value
            shift += 7
            if shift > 63:
                raise Unreadable("a varint of more than ten bytes")

    def varint(self) -> int:
        """Read a signed (zigzag) varint, as records have them."""
        value = self.uvarint()
        return (value >> 1) ^ -(value & 1)

    def take(self, size: int) -> bytes:
        """Read the next `size` bytes."""
        if size < 0:
            raise Unreadable(f"a length of {size}")
        end = self.at + size
        if end > len(self.data):
            raise Truncated(f"{size} bytes are cut off")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def skip(self, size: int) -> None:
        """Pass over `size` bytes."""
        if size < 0:
            raise Unreadable(f"a length of {size}")
        self.at += size
        if self.at > len(self.data):
            raise Truncated(f"{size} bytes are cut off")

    def text(self) -> str | None:
        """Read a string; None for null."""
        size = self.uvarint() - 1 if self.flexible else self.int16()
        return None if size == -1 else self.take(size).decode("utf-8", "replace")

    def count(self) -> int:
        """Read the number of items of an array, or of bytes of a byte field; 0 for null."""
        size = self.uvarint() - 1 if self.flexible else self.int32()
        if size < -1:
            raise Unreadable(f"a length of {size}")
        return max(size, 0)

    def tags(self) -> None:
        """Pass over the tagged fields that end a structure of a flexible version."""
        if self.flexible:
            for _ in range(self.uvarint()):
                self.uvarint()
                self.skip(self.uvarint())

    def _int(self, number_at: Callable[[bytes, int], tuple[int]], size: int) -> int:
        try:
            (value,) = number_at(self.data, self.at)
        except error:
            raise Truncated("a number is cut off") from None
        self.at += size
        return value


def encode_text(text: str, *, flexible: bool) -> bytes:
    """Encode `text` as a string field."""
    raw = text.encode()
    return (encode_uvarint(len(raw) + 1) if flexible else len(raw).to_bytes(2, "big")) + raw


def encode_uvarint(value: int) -> bytes:
    """Encode `value`, not negative, as an unsigned varint."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
