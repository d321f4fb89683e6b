"""A member of a consumer group, by aiokafka: manual commits, from the earliest record on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    NodeNotReadyError,
    RequestTimedOutError,
)
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from shaketable.ports import CommitRejected, ConnectionLost, Json, OffsetReset, Record, Refused, Timeout
from shaketable_targets.adapters.kafka_client import RETRY_BACKOFF_MS, CommitUnconfirmed, PatientClient

log = logging.getLogger(__name__)

_START_AGAIN_S = 0.02


@dataclass(frozen=True, slots=True)
class KafkaSettings:
    """The settings by which a process reaches its broker. Times are real milliseconds."""

    bootstrap: str
    client_id: str
    io_timeout_ms: float
    session_timeout_ms: int
    """The group waits this long for a silent member."""
    fetch_wait_ms: int = 10
    """The broker holds a fetch that finds nothing for this long."""

    @property
    def join_timeout_s(self) -> float:
        """The time that a join may take: it is answered when the last member has joined or its session is over."""
        return (2 * self.session_timeout_ms + self.io_timeout_ms) / 1000


@dataclass(frozen=True, slots=True)
class KafkaRecord:
    """A `Record`. A value that is no JSON is left as text."""

    topic: str
    partition: int
    offset: int
    key: str
    value: Json
    headers: Mapping[str, str]


class KafkaConsumer:
    """A `Consumer`, which joins `group` at its first `get`.

    Fetches and joins are repeated inside `get` until they succeed; a commit is attempted once. A fetch returns one
    record only, and the next `get` sends the next fetch.
    """

    def __init__(
        self, settings: KafkaSettings, group: str, topics: Sequence[str], reset: OffsetReset = "earliest"
    ) -> None:
        self._settings = settings
        self._reset = reset
        self._group = group
        self._topics = tuple(topics)
        self._member: _Member | None = None
        self._closed = False

    async def get(self) -> Record:
        """Return the next record of the assigned partitions; wait for one, through any outage of the broker."""
        while True:
            try:
                return _record(await (await self._joined()).getone())
            except KafkaError as error:
                if self._closed:
                    raise
                log.warning("%s: starting the consumer again after %r", self._group, error)
                await self._leave()
                await asyncio.sleep(_START_AGAIN_S)

    async def commit(self, record: Record) -> None:
        """Commit the offset after `record`.

        Raises CommitRejected when the partition is another member's by now, Refused when nothing was sent, Timeout
        or ConnectionLost when it may be committed.
        """
        if self._member is None:
            raise CommitRejected(f"not a member of {self._group}")
        place = TopicPartition(record.topic, record.partition)
        try:
            # Twice the timeout, because it may have to find the coordinator first.
            async with asyncio.timeout(2 * self._settings.io_timeout_ms / 1000):
                await self._member.commit({place: OffsetAndMetadata(record.offset + 1, "")})
        except TimeoutError:
            raise Timeout(f"{self._group}: the group's coordinator is not to be found") from None
        except (CommitFailedError, IllegalStateError) as error:
            raise CommitRejected(str(error)) from error
        except CommitUnconfirmed as error:
            raise _unconfirmed(error) from error
        except KafkaError as error:
            raise ConnectionLost(f"{self._group}: {error!r}") from error

    def seek(self, record: Record) -> None:
        """Let `get` return `record` next; no effect if its partition is another member's by now."""
        if self._member is not None:
            with contextlib.suppress(IllegalStateError):
                self._member.seek(TopicPartition(record.topic, record.partition), record.offset)

    async def close(self) -> None:
        """Leave the group, so that other members take over at once."""
        self._closed = True
        await self._leave()

    async def _joined(self) -> _Member:
        if self._member is None:
            member = self._member = _Member(self._settings, self._group, self._topics, self._reset)
            await member.start()
        return self._member

    async def _leave(self) -> None:
        member, self._member = self._member, None
        if member is None:
            return
        try:
            async with asyncio.timeout(self._settings.join_timeout_s):
                await member.stop()
        except (TimeoutError, KafkaError) as error:
            log.warning("%s: could not leave the group in order: %r", self._group, error)


class _Member(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's consumer on a `PatientClient`."""

    def __init__(
        self, settings: KafkaSettings, group: str, topics: Sequence[str], reset: OffsetReset
    ) -> None:
        super().__init__(
            bootstrap_servers=settings.bootstrap,
            client_id=settings.client_id,
            group_id=group,
            partition_assignment_strategy=(RangePartitionAssignor,),
            auto_offset_reset=reset,
            enable_auto_commit=False,
            session_timeout_ms=settings.session_timeout_ms,
            heartbeat_interval_ms=max(1, settings.session_timeout_ms // 3),
            max_poll_interval_ms=2**31 - 1,
            fetch_max_wait_ms=settings.fetch_wait_ms,
            fetch_max_bytes=1,  # at least one batch is returned all the same (KIP-74)
            max_partition_fetch_bytes=1,
            retry_backoff_ms=RETRY_BACKOFF_MS,
        )
        self._client = PatientClient(
            settings.bootstrap, settings.client_id, settings.io_timeout_ms / 1000, settings.join_timeout_s
        )
        self.subscribe(topics)


def _record(record: Any) -> KafkaRecord:
    return KafkaRecord(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode("utf-8", "replace"),
        value=_json(record.value or b"null"),
        headers={name: (value or b"").decode("utf-8", "replace") for name, value in record.headers},
    )


def _json(value: bytes) -> Json:
    try:
        return json.loads(value)
    except ValueError:
        return value.decode("utf-8", "replace")


def _unconfirmed(error: CommitUnconfirmed) -> Exception:
    match error.reason:
        case RequestTimedOutError():
            return Timeout("the offset commit was not answered in time")
        case NodeNotReadyError():
            return Refused("the group's coordinator is not to be reached")
        case _:
            return ConnectionLost(str(error))
