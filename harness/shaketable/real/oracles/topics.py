"""The records on the topics since the run began, read by the harness past the tap."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.errors import KafkaError

from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.real.bounded_waits import within
from shaketable.real.exact_json import exact_json
from shaketable.subject import Topic

_RECORDS_WITHIN_S = 60
_ANSWER_WITHIN_S = 15
_POSITION_WITHIN_S = 10


class TopicLog:
    """Reads every partition from the run's beginning to its present end.

    The end that a broker tells is a lower bound: Tansu gives the offset behind the first record of the last batch. A
    batch is always delivered whole, so what came along with it is taken, and remembered as the next beginning.
    """

    def __init__(self, bootstrap: str, topics: Sequence[Topic], *, committed_only: bool = False) -> None:
        """Read `topics`; `committed_only`: without the records of transactions that were aborted, up to the first open one."""
        self._bootstrap = bootstrap
        self._partitions = [TopicPartition(t.name, n) for t in topics for n in range(t.partitions)]
        self._consumer: Any = AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            retry_backoff_ms=5,
            fetch_max_wait_ms=10,
            request_timeout_ms=_ANSWER_WITHIN_S * 1000,
            isolation_level="read_committed" if committed_only else "read_uncommitted",
        )
        self._begins: dict[TopicPartition, int] = {}
        self.behind_records: dict[TopicPartition, int] = {}
        """The offset behind the last record that was read of each partition: what follows may be marks of transactions."""
        self._read_to: dict[TopicPartition, int] = {}
        self._starts: dict[TopicPartition, int] = {}  # of what was deleted in this run
        self._deleted: list[tuple[int, Json]] = []  # as `read` returns them

    async def open(self) -> None:
        """Connect; call once the topics exist."""
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        self._consumer.pause(*self._partitions)  # it fetches only during `read`

    async def begin(self) -> None:
        """Begin a run: what is there now belongs to earlier ones."""
        self._begins = await self.ends()
        self._starts, self._deleted = {}, []

    def start_of(self, partition: TopicPartition) -> int:
        """Return the offset of the first record of the run that is left, as far as this log deleted those before it."""
        return self._starts.get(partition, self._begins.get(partition, 0))

    async def expire(self, topics: Sequence[str], keep: int) -> dict[TopicPartition, int]:
        """Delete all but the last `keep` records of the run from each partition of `topics`, read them before, and keep them for `read`.

        Return where those partitions begin now from which something was deleted; none where the broker deletes no records.
        """
        before, ends = await self.read(), await self.ends()
        starts = {p: ends[p] - keep for p in self._partitions if p.topic in topics}
        starts = {p: start for p, start in starts.items() if start > self.start_of(p)}
        if not starts or not await self._delete(starts):
            return {}
        self._starts.update(starts)
        self._deleted = [one for one in before if self._is_deleted(one[1])]
        return starts

    def _is_deleted(self, append: Json) -> bool:
        partition = TopicPartition(append["topic"], append["partition"])
        return bool(append["offset"] + self._begins.get(partition, 0) < self.start_of(partition))

    async def _delete(self, starts: Mapping[TopicPartition, int]) -> bool:
        """Tell whether the broker deleted what stands in front of `starts`."""
        admin: Any = AIOKafkaAdminClient(bootstrap_servers=self._bootstrap, retry_backoff_ms=5)
        records = {partition: RecordsToDelete(before_offset=start) for partition, start in starts.items()}
        try:
            await admin.start()
            what = f"the broker at {self._bootstrap} to delete records"
            await within(admin.delete_records(records), within_s=_ANSWER_WITHIN_S, what=what)
        except (KafkaError, OSError):  # Tansu ends the connection
            return False
        finally:
            closing = "the connection that deleted records to close"
            await within(admin.close(), within_s=_POSITION_WITHIN_S, what=closing)
        return True

    def begin_like(self, other: TopicLog) -> None:
        """Begin a run where `other` has begun it."""
        self._begins = other._begins

    def begin_of(self, topic: str, partition: int) -> int:
        """Return the offset at which the run began: offsets of the history count from it."""
        return self._begins.get(TopicPartition(topic, partition), 0)

    async def ends(self) -> dict[TopicPartition, int]:
        """Return the offset behind the last record of each partition, as far as it is known."""
        if not self._partitions:
            return {}
        try:
            ends = await self._consumer.end_offsets(self._partitions)
        except (KafkaError, OSError) as error:
            places = ", ".join(f"{p.topic}/{p.partition}" for p in self._partitions)
            raise HarnessError(
                f"the broker does not say where {places} end: {type(error).__name__}: {error}"
            ) from error
        return {partition: max(end, self._read_to.get(partition, 0)) for partition, end in ends.items()}

    async def read(self) -> list[tuple[int, Json]]:
        """Return (time stamp in epoch microseconds, the value of an append event) for each record of this run."""
        ends = await self.ends()
        unread = [partition for partition in self._partitions if ends[partition] > self.start_of(partition)]
        for partition in unread:
            self._consumer.seek(partition, self.start_of(partition))
        self._consumer.resume(*unread)
        try:
            found = await self._read_to_ends(dict.fromkeys(unread), ends)
        finally:
            self._consumer.pause(*self._partitions)
        found += self._deleted
        found.sort(key=lambda pair: pair[0])
        return found

    async def close(self) -> None:
        await self._consumer.stop()

    async def _read_to_ends(
        self, unread: dict[TopicPartition, None], ends: dict[TopicPartition, int]
    ) -> list[tuple[int, Json]]:
        """Read all that is left of `unread`, by partition and offset: records of one time stamp keep that order."""
        records: dict[TopicPartition, list[tuple[int, Json]]] = {partition: [] for partition in unread}
        came_s = time.monotonic()
        while unread:
            batches = await self._consumer.getmany(*unread, timeout_ms=1_000)
            if batches:
                came_s = time.monotonic()
            elif time.monotonic() - came_s > _RECORDS_WITHIN_S:
                places = ", ".join(f"{p.topic}/{p.partition} up to {ends[p]}" for p in unread)
                raise HarnessError(f"waited {_RECORDS_WITHIN_S} s for the records of {places}, and none came")
            for partition, batch in batches.items():
                for record in batch:
                    append = _append(record, self._begins[partition])
                    records[partition].append((record.timestamp * 1000, append))
                    self.behind_records[partition] = record.offset + 1
            for partition in list(
                unread
            ):  # the last offset may be the mark of a transaction, which is no record
                read_to = self._read_to[partition] = await within(
                    self._consumer.position(partition),
                    within_s=_POSITION_WITHIN_S,
                    what=f"the place that was read to in {partition.topic}/{partition.partition}",
                )
                if read_to >= ends[partition]:
                    unread.pop(partition, None)
        return [record for partition in records for record in records[partition]]


def _append(record: Any, begin: int) -> Json:
    return {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset - begin,
        "key": (record.key or b"").decode("utf-8", "replace"),
        "value": _decoded(record.value),
        "headers": {name: value.decode("utf-8", "replace") for name, value in record.headers},
    }


def _decoded(value: bytes | None) -> Json:
    if value is None:
        return None
    try:
        return exact_json(value)
    except ValueError:
        return value.decode("utf-8", "replace")
