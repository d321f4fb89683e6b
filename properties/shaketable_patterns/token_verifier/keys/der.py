"""The little of DER that keys and signatures are made of, and its text form."""

from __future__ import annotations

import base64

INTEGER, BITS, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x03, 0x04, 0x05, 0x06, 0x30
RSA_KEY = bytes.fromhex("2a864886f70d010101")
EC_KEY, P256 = bytes.fromhex("2a8648ce3d0201"), bytes.fromhex("2a8648ce3d030107")


def value(tag: int, content: bytes) -> bytes:
    """Return one value: its tag, its length in the shortest form, its content."""
    return bytes([tag]) + length(len(content)) + content


def length(size: int) -> bytes:
    """Return a length in the shortest form."""
    if size < 128:
        return bytes([size])
    shown = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(shown)]) + shown


def integer(number: int) -> bytes:
    """Return a whole number that is not negative."""
    return value(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def sequence(*values: bytes) -> bytes:
    """Return values one behind the other as one value."""
    return value(SEQUENCE, b"".join(values))


def pem(label: str, content: bytes) -> bytes:
    """Return the text form, with a line break at its end."""
    text = base64.encodebytes(content).replace(b"\n", b"")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    named = label.encode()
    return b"\n".join([b"-----BEGIN " + named + b"-----", *lines, b"-----END " + named + b"-----", b""])
