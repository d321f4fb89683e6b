"""The bodies of requests and replies that are read: records and offsets, by the simulated broker's names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shaketable.boundary import address_key, record_address
from shaketable.real.tap.framer import Marks, Produced
from shaketable.real.tap.kafka.record_batch import Aborted, RecordHead, record_heads
from shaketable.real.tap.kafka.wire_format import Reader, Unreadable

Name = tuple[str, str]
Topic = str | bytes
"""A topic's name, or its id of 16 bytes where a version writes that instead."""
_READ_COMMITTED = 1
Offsets = dict[tuple[Topic, int], int]
"""The offset of each partition from which on a consumer wants its records."""


class TopicIds:
    """The topics that ids stand for, learnt from the Metadata replies of all connections that share this."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[bytes, str] = {}

    def learn(self, topic_id: bytes, name: str) -> None:
        self._names[topic_id] = name

    def name_of(self, topic: Topic) -> str:
        """Return its name. Raises Unreadable for an id that no reply has named yet."""
        if isinstance(topic, str):
            return topic
        try:
            return self._names[topic]
        except KeyError:
            raise Unreadable("a topic id that no Metadata reply through this tap has named") from None


def read_produce(reader: Reader, version: int, ids: TopicIds, marks: Marks) -> Iterator[Name]:
    """Yield one PRODUCE for each record of a Produce request, from behind its acks on."""
    reader.int32()  # timeout
    for _ in range(reader.count()):
        topic = _topic(reader, by_id=version >= 13)
        for _ in range(reader.count()):
            partition = reader.int32()
            for _, key, stamp_ms in _records(reader, 0):
                name = ids.name_of(topic)
                marks.setdefault("produced", []).append(Produced(name, partition, key, stamp_ms))
                yield "PRODUCE", record_address(name, key)
            reader.tags()
        reader.tags()


def read_produce_reply(reader: Reader, version: int, ids: TopicIds, marks: Marks) -> None:
    """Mark what a Produce reply says to be appended: where the records of each partition begin."""
    for _ in range(reader.count()):
        topic = _topic(reader, by_id=version >= 13)
        for _ in range(reader.count()):
            partition, error, first = reader.int32(), reader.int16(), reader.int64()
            reader.skip((8 if version >= 2 else 0) + (8 if version >= 5 else 0))  # append time, log's start
            if version >= 8:
                for _ in range(reader.count()):  # records that are refused
                    reader.int32()
                    reader.text()
                    reader.tags()
                reader.text()  # the reason
            reader.tags()
            if not error and first >= 0:
                marks.setdefault("acknowledged", []).append((ids.name_of(topic), partition, first))
        reader.tags()


def read_acks(reader: Reader, version: int) -> tuple[str, int]:
    """Return the transactional id of a Produce request, "" for none, and its acks.

    Those are how many brokers must have its records before it is answered; 0: it never is.
    """
    transaction = (reader.text() or "") if version >= 3 else ""
    return transaction, reader.int16()


def read_offset_commit(reader: Reader, version: int, ids: TopicIds, marks: Marks) -> Iterator[Name]:
    """Yield one OFFSET_COMMIT for each topic of an OffsetCommit request."""
    marks["group"] = reader.text() or ""
    if version >= 1:
        reader.int32()  # generation
        reader.text()  # member
    if version >= 7:
        reader.text()  # group instance
    if 2 <= version <= 4:
        reader.int64()  # retention
    for _ in range(reader.count()):
        topic = ids.name_of(_topic(reader, by_id=version >= 10))
        yield "OFFSET_COMMIT", address_key(topic)
        for _ in range(reader.count()):
            partition, offset = reader.int32(), reader.int64()
            marks.setdefault("offsets", []).append((topic, partition, offset))
            reader.skip((4 if version >= 6 else 0) + (8 if version == 1 else 0))
            reader.text()  # metadata
            reader.tags()
        reader.tags()


def read_offset_commit_reply(reader: Reader, version: int, ids: TopicIds, marks: Marks) -> None:
    """Leave out of the marks what the reply to an OffsetCommit refuses, as it does for a member that was put out."""
    if version >= 3:
        reader.int32()  # throttle
    refused: set[tuple[str, int]] = set()
    for _ in range(reader.count()):
        topic = ids.name_of(_topic(reader, by_id=version >= 10))
        for _ in range(reader.count()):
            partition, error = reader.int32(), reader.int16()
            reader.tags()
            if error:
                refused.add((topic, partition))
        reader.tags()
    if refused:
        marks["offsets"] = [one for one in marks.get("offsets", ()) if one[:2] not in refused]


class Asked(NamedTuple):
    """What a Fetch request asks for: the offsets, whether it says them all, and whether for committed records only."""

    offsets: Offsets
    is_complete: bool
    committed_only: bool


NOTHING_ASKED = Asked({}, is_complete=False, committed_only=False)


def read_fetch_request(reader: Reader, version: int, before: Offsets) -> Asked:
    """Read a Fetch request. In a fetch session (KIP-227) it says only what changed since the one `before`."""
    reader.skip((4 if version <= 14 else 0) + 8)  # replica, longest wait, least bytes
    reader.skip(4 if version >= 3 else 0)  # most bytes
    committed_only = version >= 4 and reader.int8() == _READ_COMMITTED
    offsets: Offsets = {}
    is_complete = True
    if version >= 7:
        reader.int32()  # session
        if reader.int32() > 0:
            offsets.update(before)
            is_complete = False
    for _ in range(reader.count()):
        topic = _topic(reader, by_id=version >= 13)
        for _ in range(reader.count()):
            partition = reader.int32()
            if version >= 9:
                reader.int32()  # leader epoch
            offsets[topic, partition] = reader.int64()
            reader.skip((4 if version >= 12 else 0) + (8 if version >= 5 else 0) + 4)
            reader.tags()
        reader.tags()
    return Asked(offsets, is_complete, committed_only)


def read_fetch_reply(
    reader: Reader, version: int, asked: Asked, ids: TopicIds, marks: Marks
) -> Iterator[Name]:
    """Yield one FETCH for each record of a Fetch reply that its consumer will take."""
    reader.skip((4 if version >= 1 else 0) + (6 if version >= 7 else 0))  # throttle; error, session
    for _ in range(reader.count()):
        topic = _topic(reader, by_id=version >= 13)
        for _ in range(reader.count()):
            partition = reader.int32()
            reader.skip(10 + (8 if version >= 4 else 0) + (8 if version >= 5 else 0))  # error and offsets
            aborted = []
            for _ in range(reader.count() if version >= 4 else 0):
                aborted.append(Aborted(reader.int64(), reader.int64()))
                reader.tags()
            if version >= 11:
                reader.int32()  # preferred replica
            thrown_away = aborted if asked.committed_only else []
            for offset, key, _ in _records(reader, asked.offsets.get((topic, partition), 0), thrown_away):
                name = ids.name_of(topic)
                marks.setdefault("delivered", []).append((name, partition, offset))
                yield "FETCH", record_address(name, key)
            reader.tags()
        reader.tags()


def _records(reader: Reader, from_offset: int, aborted: Sequence[Aborted] = ()) -> Iterator[RecordHead]:
    size = reader.count()
    yield from record_heads(reader.data[reader.at : reader.at + size], size, from_offset, aborted)
    reader.skip(size)


def _topic(reader: Reader, *, by_id: bool) -> Topic:
    return reader.take(16) if by_id else reader.text() or ""
