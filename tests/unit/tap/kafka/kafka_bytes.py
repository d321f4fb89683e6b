"""Real bytes of Kafka's protocol, written by aiokafka's own classes, for the tests of the framer."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka.protocol import types as t
from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.record.default_records import DefaultRecordBatchBuilder

GZIP = 1
CONTROL = 0b100000
TAG = t.UnsignedVarInt32.encode(1) + t.UnsignedVarInt32.encode(7) + t.UnsignedVarInt32.encode(3) + b"abc"
"""One tagged field that is unknown."""
NO_TAGS = b"\0"


def prefixed(message: bytes) -> bytes:
    return len(message).to_bytes(4, "big") + message


def request(struct: RequestStruct, correlation: int, client: str = "orders") -> bytes:
    return prefixed(struct.build_request_header(correlation, client).encode() + struct.encode())


def reply(struct: Response, correlation: int) -> bytes:
    return prefixed(t.Int32.encode(correlation) + struct.encode())


def flexible_request(key: int, version: int, correlation: int, body: bytes) -> bytes:
    """Make a request with header v2: its client id keeps the classic encoding, and tagged fields follow."""
    header = t.Int16.encode(key) + t.Int16.encode(version) + t.Int32.encode(correlation)
    return prefixed(header + t.String().encode("orders") + TAG + body)


def flexible_reply(correlation: int, body: bytes) -> bytes:
    return prefixed(t.Int32.encode(correlation) + TAG + body)


def text(value: str | None) -> bytes:
    return t.CompactString().encode(value)


def array(*items: bytes) -> bytes:
    return t.UnsignedVarInt32.encode(len(items) + 1) + b"".join(items)


def records(data: bytes) -> bytes:
    return t.CompactBytes.encode(data)


def ints(*values: tuple[int, int]) -> bytes:
    """Encode each (bits, value)."""
    return b"".join(value.to_bytes(bits // 8, "big", signed=True) for bits, value in values)


def batch(
    keys: Sequence[str | None], *, value: bytes = b"v", base_offset: int = 0, codec: int = 0, flags: int = 0
) -> bytes:
    """Make a v2 record batch with one record for each key."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, -1, -1, 1 << 30)
    for offset, key in enumerate(keys):
        raw = None if key is None else key.encode()
        builder.append(offset, 1_700_000_000_000 + offset, raw, value, [("h", b"1")])
    built = bytearray(builder.build())
    built[0:8] = base_offset.to_bytes(8, "big")
    built[22] |= flags | codec  # attributes; the checksum is then wrong, which the tap does not look at
    return bytes(built)
