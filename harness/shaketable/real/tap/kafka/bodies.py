"""The bodies of requests and replies that are read: records, offsets and groups, by the simulated broker's names."""

from __future__ import annotations

from collections.abc import Iterator

from shaketable.boundary import address_key, record_address
from shaketable.real.tap.framer import Marks, Produced
from shaketable.real.tap.kafka.record_batch import RecordHead, record_heads
from shaketable.real.tap.kafka.wire_format import Reader, Unreadable

Name = tuple[str, str]
Topic = str | bytes
"""A topic's name, or its id of 16 bytes where a version writes that instead."""
Offsets = dict[tuple[Topic, int], int]
"""The offset of each partition from which on a consumer wants its records."""
_CONSUMER = "consumer"


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


def read_acks(reader: Reader, version: int) -> int:
    """Return the acks of a Produce request: how many brokers must have its records before it is answered; 0: never."""
    if version >= 3:
        reader.text()  # transactional id
    return reader.int16()


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


def read_fetch_request(reader: Reader, version: int, before: Offsets) -> tuple[Offsets, bool]:
    """Return the offsets that a Fetch request asks from, and whether it says them all.

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


def read_fetch_reply(
    reader: Reader, version: int, asked_from: Offsets, ids: TopicIds, marks: Marks
) -> Iterator[Name]:
    """Yield one FETCH for each record of a Fetch reply that its consumer will take."""
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
            for offset, key, _ in _records(reader, asked_from.get((topic, partition), 0)):
                name = ids.name_of(topic)
                marks.setdefault("delivered", []).append((name, partition, offset))
                yield "FETCH", record_address(name, key)
            reader.tags()
        reader.tags()


def read_join_group(reader: Reader, version: int) -> tuple[str, list[str]]:
    """Return (group, topics) of a JoinGroup request. Raises Unreadable, also for groups that share something else.

    The metadata of a protocol is a structure of its own, always in the classic encoding (ConsumerProtocolSubscription).
    """
    group = reader.text() or ""
    reader.int32()  # session timeout
    if version >= 1:
        reader.int32()  # rebalance timeout
    reader.text()  # member
    if version >= 5:
        reader.text()  # group instance
    if reader.text() != _CONSUMER:
        raise Unreadable("a group that is none of consumers")
    topics: dict[str, None] = {}
    for _ in range(reader.count()):
        reader.text()  # the protocol's name
        metadata = Reader(reader.take(reader.count()))
        metadata.int16()  # its version
        for _ in range(metadata.count()):
            topics[metadata.text() or ""] = None
        reader.tags()
    return group, list(topics)


def _records(reader: Reader, from_offset: int) -> Iterator[RecordHead]:
    size = reader.count()
    yield from record_heads(reader.data[reader.at : reader.at + size], size, from_offset)
    reader.skip(size)


def _topic(reader: Reader, *, by_id: bool) -> Topic:
    return reader.take(16) if by_id else reader.text() or ""
