"""Record batches (format v2) as far as addresses need them: the keys of the records, in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shaketable.real.tap.kafka.compression import decompress
from shaketable.real.tap.kafka.wire_format import Reader, Unreadable

_HEADER_BYTES = 61
_BEFORE_LENGTH_BYTES = 12  # base offset and the length itself, which does not count them
_CODEC = 0b111
_ATTRIBUTES_AT, _PRODUCER_AT = 21, 43  # in a batch
_TRANSACTIONAL = 0b10000
_CONTROL = 0b100000
_ABORT = "\0\0\0\0"
"""The key of the mark that aborts a transaction: version 0, type 0."""
KEY_MAX_BYTES = 512
"""A longer message key addresses its record by its beginning."""


class RecordHead(NamedTuple):
    """The beginning of a record: its offset, its message key ("" for none), its time stamp in epoch milliseconds."""

    offset: int
    key: str
    stamp_ms: int


class Aborted(NamedTuple):
    """An aborted transaction, as a Fetch reply tells it: its producer's id and the offset of its first record."""

    producer: int
    first: int


_UNREAD = RecordHead(-1, "", -1)


def record_heads(
    data: bytes, size: int, from_offset: int = 0, aborted: Sequence[Aborted] = ()
) -> Iterator[RecordHead]:
    """Yield the head of each record of a records field, in order.

    `data` is what is there of the field, `size` how long it is: records whose key lies beyond `data` are not
    named. A batch of which no key can be read (an older format, an unknown codec) gives one "", at and of -1. What a
    consumer throws away is left out: control batches, records before `from_offset` (a broker sends whole
    batches), a last batch that does not fit into `size`, and the records of transactions that were `aborted`.
    """
    start = 0
    thrown_away = _ThrownAway(aborted) if aborted else None
    while start + _HEADER_BYTES <= min(size, len(data)):
        header = Reader(data, start)
        base_offset = header.int64()
        end = start + _BEFORE_LENGTH_BYTES + header.int32()
        if end > size:
            return
        if end <= start + _BEFORE_LENGTH_BYTES:
            raise Unreadable("a record batch without a length")
        if thrown_away is None or not thrown_away.has(data, start, end):
            yield from _batch(data, start, end, base_offset, from_offset - base_offset)
        start = end
    if not start and 0 < size <= len(data):
        yield _UNREAD  # too small for a v2 batch: an older message


class _ThrownAway:
    """Tells the batches of aborted transactions, asked of each batch in order, as a consumer of committed records does."""

    def __init__(self, aborted: Sequence[Aborted]) -> None:
        self._waiting = sorted(aborted, key=lambda one: one.first, reverse=True)
        self._producers: set[int] = set()  # whose records are thrown away up to the mark of the abort

    def has(self, data: bytes, start: int, end: int) -> bool:
        header = Reader(data, start)
        base_offset = header.int64()
        header.at = start + _ATTRIBUTES_AT
        attributes, last_delta = header.int16(), header.int32()
        header.at = start + _PRODUCER_AT
        producer = header.int64()
        while self._waiting and self._waiting[-1].first <= base_offset + last_delta:
            self._producers.add(self._waiting.pop().producer)
        if not attributes & _TRANSACTIONAL or producer not in self._producers:
            return False
        if attributes & _CONTROL and any(
            key == _ABORT for _, key, _ in _records(data[start + _HEADER_BYTES : end], 1)
        ):
            self._producers.discard(producer)
        return True


def _batch(data: bytes, start: int, end: int, base_offset: int, from_delta: int) -> Iterator[RecordHead]:
    """Yield the heads of the batch's records that are at least `from_delta` behind its base offset."""
    header = Reader(data, start + 16)
    if header.int8() != 2:
        yield _UNREAD
        return
    header.skip(4)  # checksum
    attributes, last_delta = header.int16(), header.int32()
    if attributes & _CONTROL or last_delta < from_delta:
        return
    base_stamp_ms = header.int64()
    header.at = start + 57
    count = header.int32()
    body = data[start + _HEADER_BYTES : end]
    if codec := attributes & _CODEC:
        body = decompress(codec, body)
    read = 0
    for delta, key, stamp_delta_ms in _records(body, count):
        read += 1
        if delta >= from_delta:
            yield RecordHead(base_offset + delta, key, base_stamp_ms + stamp_delta_ms)
    if not read and count:
        yield _UNREAD


def _records(body: bytes, count: int) -> Iterator[tuple[int, str, int]]:
    """Yield (offset delta, key, time stamp delta) of the records that are there; it ends where they are cut off or make no sense."""
    reader = Reader(body)
    for _ in range(count):
        try:
            size = reader.varint()
            end = reader.at + size
            reader.skip(1)  # attributes
            stamp_delta_ms = reader.varint()
            delta = reader.varint()
            key_size = reader.varint()
            raw = reader.take(min(key_size, KEY_MAX_BYTES)) if key_size > 0 else b""
        except Unreadable:
            return
        if end < reader.at:
            return
        yield delta, raw.decode("utf-8", "replace"), stamp_delta_ms
        reader.at = end
