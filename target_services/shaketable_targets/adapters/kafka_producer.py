"""A producer for Kafka: one record is one batch and one request, attempted once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    NodeNotReadyError,
    NotEnoughReplicasAfterAppendError,
    RecordListTooLargeError,
    RequestTimedOutError,
    for_code,
)
from aiokafka.partitioner import DefaultPartitioner
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition

from shaketable.ports import ConnectionLost, RecordTooLarge, Refused, Timeout
from shaketable_targets.adapters.kafka_client import PatientClient

Headers = Sequence[tuple[str, bytes]]

_ALL_REPLICAS = -1
_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)
_MAYBE_APPENDED = (RequestTimedOutError, NotEnoughReplicasAfterAppendError)


class OneShotProducer:
    """Sends records with acks=all.

    aiokafka's own producer puts records that wait for a connection into one batch, and repeats a request that was
    not answered until its timeout is over, which makes a second copy of a record whose acknowledgement was lost. Neither
    can be switched off, so this uses the layer below it.
    """

    def __init__(self, bootstrap: str, client_id: str, io_timeout_s: float) -> None:
        self._bootstrap = bootstrap
        self._client_id = client_id
        self._io_timeout_s = io_timeout_s
        self._partition_of = DefaultPartitioner()
        self._client: PatientClient | None = None
        self._bootstrapping = asyncio.Lock()

    async def send(self, topic: str, key: bytes, value: bytes, headers: Headers = ()) -> None:
        """Append one record and wait until every replica in sync has it.

        Raises RecordTooLarge when no repetition will help, Refused when it certainly was not appended, Timeout or
        ConnectionLost when it may have been.
        """
        client, partition, leader = await self._place(topic, key)
        began = asyncio.get_running_loop().time()
        try:
            answer = await client.send(leader, self._request(topic, partition, key, value, headers))
        except NodeNotReadyError as error:
            # aiokafka does not say why it could not connect: a silent broker shows by the time it took
            if asyncio.get_running_loop().time() - began > 0.9 * self._io_timeout_s:
                raise Timeout(f"{topic}: the broker does not answer") from error
            raise Refused(f"{topic}: {error}") from error
        except RequestTimedOutError as error:
            raise Timeout(f"{topic}: not acknowledged in time") from error
        except KafkaConnectionError as error:
            raise ConnectionLost(f"{topic}: {error}") from error
        except KafkaError as error:
            raise ConnectionLost(f"{topic}: {error!r}") from error
        self._check(answer, topic)

    async def open(self) -> None:
        """Connect; otherwise the first `send` does. Raises Refused or Timeout."""
        try:
            async with asyncio.timeout(self._io_timeout_s):
                client = await self._bootstrapped()
                await asyncio.gather(*(client.ready(broker.nodeId) for broker in client.cluster.brokers()))
        except TimeoutError:
            raise Timeout("the broker does not answer") from None
        except KafkaError as error:
            raise Refused(str(error)) from error

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()

    async def _place(self, topic: str, key: bytes) -> tuple[PatientClient, int, int]:
        """Find the client, the key's partition and its leader. Nothing of the record has been sent yet."""
        try:
            async with asyncio.timeout(self._io_timeout_s):
                client = await self._bootstrapped()
                partitions = client.cluster.partitions_for_topic(topic)
                if not partitions:
                    await client.add_topic(topic)
                    partitions = client.cluster.partitions_for_topic(topic)
                if not partitions:
                    await client.force_metadata_update()
                    partitions = client.cluster.partitions_for_topic(topic)
        except TimeoutError:
            raise Timeout(f"{topic}: the broker does not answer") from None
        except KafkaError as error:
            raise Refused(f"{topic}: {error}") from error
        if not partitions:
            raise Refused(f"{topic}: no such topic")
        partition: int = self._partition_of(key, sorted(partitions), [])
        leader = client.cluster.leader_for_partition(TopicPartition(topic, partition))
        if leader is None or leader < 0:
            client.force_metadata_update()
            raise Refused(f"{topic}: partition {partition} has no leader")
        return client, partition, leader

    async def _bootstrapped(self) -> PatientClient:
        async with self._bootstrapping:
            if self._client is None:
                client = PatientClient(self._bootstrap, self._client_id, self._io_timeout_s)
                try:
                    await client.bootstrap()
                except BaseException:
                    await client.close()
                    raise
                self._client = client
            return self._client

    def _request(
        self, topic: str, partition: int, key: bytes, value: bytes, headers: Headers
    ) -> ProduceRequest:
        builder = DefaultRecordBatchBuilder(
            magic=2,
            compression_type=0,
            is_transactional=0,
            producer_id=-1,
            producer_epoch=-1,
            base_sequence=0,
            batch_size=len(value),
        )
        builder.append(0, None, key, value, list(headers))
        return ProduceRequest(
            transactional_id=None,
            required_acks=_ALL_REPLICAS,
            timeout=max(1, round(self._io_timeout_s * 1000)),
            topics=[(topic, [(partition, bytes(builder.build()))])],
        )

    def _check(self, answer: ProduceRequest, topic: str) -> None:
        """Raise the error of the one partition in the answer, if it has one."""
        _, partitions = answer.topics[0]
        error = for_code(partitions[0][1])
        if error.errno == 0:
            return
        if getattr(error, "invalid_metadata", False) and self._client is not None:
            self._client.force_metadata_update()
        if error in _MAYBE_APPENDED:
            raise Timeout(f"{topic}: {error.__name__}")
        if error in _TOO_LARGE:
            raise RecordTooLarge(f"{topic}: {error.__name__}")
        raise Refused(f"{topic}: {error.__name__}")
