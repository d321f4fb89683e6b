"""Record batches (format v2) as far as addresses need them: the keys of the records, in order."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.real.tap.kafka.compression import decompress
from shaketable.real.tap.kafka.wire_format import Reader, Unreadable

_HEADER_BYTES = 61
_BEFORE_LENGTH_BYTES = 12  # base offset and the length itself, which does not count them
_CODEC = 0b111
_CONTROL = 0b100000
_KEY_MAX_BYTES = 512
"""A longer message key addresses its record by its beginning."""


def record_keys(data: bytes, size: int, from_offset: int = 0) -> Iterator[tuple[int, str]]:
    """Yield (offset, message key) of each record of a records field, "" for no key, in order.

    `data` is what is there of the field, `size` how long it is: records whose key lies beyond `data` are not
    named. A batch of which no key can be read (an older format, an unknown codec) gives one "", at -1. What a
    consumer throws away is left out: control batches, records before `from_offset` (a broker sends whole
    batches), and a last batch that does not fit into `size`.
    """
    start = 0
    while start + _HEADER_BYTES <= min(size, len(data)):
        header = Reader(data, start)
        base_offset = header.int64()
        end = start + _BEFORE_LENGTH_BYTES + header.int32()
        if end > size:
            return
        if end <= start + _BEFORE_LENGTH_BYTES:
            raise Unreadable("a record batch without a length")
        yield from _batch(data, start, end, base_offset, from_offset - base_offset)
        start = end
    if not start and 0 < size <= len(data):
        yield -1, ""  # too small for a v2 batch: an older message


def _batch(data: bytes, start: int, end: int, base_offset: int, from_delta: int) -> Iterator[tuple[int, str]]:
    """Yield offsets and keys of the batch's records that are at least `from_delta` behind its base offset."""
    header = Reader(data, start + 16)
    if header.int8() != 2:
        yield -1, ""
        return
    header.skip(4)  # checksum
    attributes, last_delta = header.int16(), header.int32()
    if attributes & _CONTROL or last_delta < from_delta:
        return
    header.at = start + 57
    count = header.int32()
    body = data[start + _HEADER_BYTES : end]
    if codec := attributes & _CODEC:
        body = decompress(codec, body)
    read = 0
    for delta, key in _records(body, count):
        read += 1
        if delta >= from_delta:
            yield base_offset + delta, key
    if not read and count:
        yield -1, ""


def _records(body: bytes, count: int) -> Iterator[tuple[int, str]]:
    """Yield (offset delta, key) of the records that are there; it ends where they are cut off or make no sense."""
    reader = Reader(body)
    for _ in range(count):
        try:
            size = reader.varint()
            end = reader.at + size
            reader.skip(1)  # attributes
            reader.uvarint()  # timestamp
            delta = reader.varint()
            key_size = reader.varint()
            raw = reader.take(min(key_size, _KEY_MAX_BYTES)) if key_size > 0 else b""
        except Unreadable:
            return
        if end < reader.at:
            return
        yield delta, raw.decode("utf-8", "replace")
        reader.at = end
