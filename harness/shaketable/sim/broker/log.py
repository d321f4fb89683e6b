"""One partition: an append-only log of records, its readers, and the sequence numbers of idempotent producers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from shaketable.history import Json


class OutOfOrderSequence(Exception):
    """An idempotent producer skipped a sequence number: a record of it is missing, so none is taken."""


class StoredRecord(msgspec.Struct, frozen=True):
    """A record as the log keeps it, a `shaketable.ports.Record`. `value` and `headers` are never copied."""

    topic: str
    partition: int
    offset: int
    key: str
    value: Json
    headers: Mapping[str, str]


class Reader(Protocol):
    """The member of a group to which a partition is assigned."""

    def wake(self) -> None:
        """Look again: a record has come."""
        ...


class Log:
    """The records of one partition in order of offset, and the member of each group that reads them now."""

    __slots__ = ("_numbered", "_sequence_next", "partition", "readers", "records", "start", "topic")

    def __init__(self, topic: str, partition: int) -> None:
        self.topic = topic
        self.partition = partition
        self.records: list[StoredRecord] = []  # all that there ever were
        self.start = 0  # the offset of the first that is left
        self.readers: dict[str, Reader] = {}  # by group
        self._sequence_next: dict[str, int] = {}
        self._numbered: dict[tuple[str, int], StoredRecord] = {}

    def append(self, key: str, value: Json, headers: Mapping[str, str]) -> StoredRecord:
        """Store a record at the next offset and return it."""
        record = StoredRecord(self.topic, self.partition, len(self.records), key, value, headers)
        self.records.append(record)
        return record

    def resent(self, producer_id: str, sequence: int) -> StoredRecord | None:
        """Return the record that `producer_id` has stored under `sequence`, None if `sequence` is its next one.

        Raises OutOfOrderSequence for any other number. Sequences count from 0 per producer and partition
        (KIP-98).
        """
        stored = self._numbered.get((producer_id, sequence))
        if stored is None and sequence != (expected := self._sequence_next.get(producer_id, 0)):
            raise OutOfOrderSequence(f"{producer_id} sent {sequence}, expected {expected}")
        return stored

    def number(self, record: StoredRecord, producer_id: str, sequence: int) -> None:
        """Remember that `record` is what `producer_id` sent as `sequence`."""
        self._numbered[producer_id, sequence] = record
        self._sequence_next[producer_id] = sequence + 1
