"""What a produce, a fetch or an offset commit carries, by the names that the simulated broker's messages have."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.boundary import address_key, record_address
from shaketable.real.tap.framer import Marks
from shaketable.real.tap.kafka.record_batch import record_keys
from shaketable.real.tap.kafka.wire_format import Reader, Unreadable

Name = tuple[str, str]
Topic = str | bytes
"""A topic's name, or its id of 16 bytes where a version writes that instead."""
Offsets = dict[tuple[Topic, int], int]
"""From which offset on a consumer wants a partition's records."""


class TopicIds:
    """Which topic an id stands for, learnt from the Metadata replies of all connections that share this."""

    __slots__ = ("_names",)

    def __init__(self) -> None:
        self._names: dict[bytes, str] = {}

    def learn(self, topic_id: bytes, name: str) -> None:
        self._names[topic_id] = name

    def name_of(self, topic: Topic) -> str:
        """Raises Unreadable for an id that no reply has named yet."""
        if isinstance(topic, str):
            return topic
        try:
            return self._names[topic]
        except KeyError:
            raise Unreadable("a topic id that no Metadata reply through this tap has named") from None


def produced(reader: Reader, version: int, ids: TopicIds, marks: Marks) -> Iterator[Name]:
    """One PRODUCE for each record of a request, from behind its acks on."""
    reader.int32()  # timeout
    for _ in range(reader.count()):
        topic = _topic(reader, by_id=version >= 13)
        for _ in range(reader.count()):
            reader.int32()  # partition
            for _, key in _records(reader, 0):
                name = ids.name_of(topic)
                marks.setdefault("produced", []).append((name, key))
                yield "PRODUCE", record_address(name, key)
            reader.tags()
        reader.tags()


def acks_of(reader: Reader, version: int) -> int:
    """How many brokers must have a produce request's records before it is answered; 0: it never is."""
    if version >= 3:
        reader.text()  # transactional id
    return reader.int16()


def committed(reader: Reader, version: int, ids: TopicIds, marks: Marks) -> Iterator[Name]:
    """One OFFSET_COMMIT for each topic of a request."""
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


def asked(reader: Reader, version: int, before: Offsets) -> tuple[Offsets, bool]:
    """The offsets that a fetch request asks from, and whether it says them all.

    In a fetch session (KIP-227) a request says only what changed since the one `before`.
    """
    reader.skip((4 if version <= 14 else 0) + 8)  # replica, longest wait, least bytes
    reader.skip((4 if version >= 3 else 0) + (1 if version >= 4 else 0))  # most bytes, isolation
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
    return offsets, is_complete


def fetched(reader: Reader, version: int, asked_from: Offsets, ids: TopicIds, marks: Marks) -> Iterator[Name]:
    """One FETCH for each record of a reply that its consumer will take."""
    reader.skip((4 if version >= 1 else 0) + (6 if version >= 7 else 0))  # throttle; error, session
    for _ in range(reader.count()):
        topic = _topic(reader, by_id=version >= 13)
        for _ in range(reader.count()):
            partition = reader.int32()
            reader.skip(10 + (8 if version >= 4 else 0) + (8 if version >= 5 else 0))  # error and offsets
            for _ in range(reader.count() if version >= 4 else 0):
                reader.skip(16)  # an aborted transaction
                reader.tags()
            if version >= 11:
                reader.int32()  # preferred replica
            for offset, key in _records(reader, asked_from.get((topic, partition), 0)):
                name = ids.name_of(topic)
                marks.setdefault("delivered", []).append((name, partition, offset))
                yield "FETCH", record_address(name, key)
            reader.tags()
        reader.tags()


def _records(reader: Reader, from_offset: int) -> Iterator[tuple[int, str]]:
    size = reader.count()
    yield from record_keys(reader.data[reader.at : reader.at + size], size, from_offset)
    reader.skip(size)


def _topic(reader: Reader, *, by_id: bool) -> Topic:
    return reader.take(16) if by_id else reader.text() or ""
