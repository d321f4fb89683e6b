"""The broker port on Kafka, by aiokafka."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence

from shaketable.ports import TRANSIENT, Json, OffsetReset
from shaketable_targets.adapters.kafka_consumer import KafkaConsumer, KafkaSettings
from shaketable_targets.adapters.kafka_producer import OneShotProducer

log = logging.getLogger(__name__)


class KafkaBroker:
    """A `Broker`. Values are JSON, keys and headers are text. Topics must exist."""

    def __init__(self, settings: KafkaSettings) -> None:
        self._settings = settings
        self._producer = OneShotProducer(
            settings.bootstrap, settings.client_id, settings.io_timeout_ms / 1000
        )
        self._background: set[asyncio.Task[None]] = set()
        self._consumers: list[KafkaConsumer] = []

    async def send(self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None) -> None:
        """Append and wait for the acknowledgement of all replicas; once, without retry.

        Raises Refused when it certainly was not appended; Timeout or ConnectionLost when it may have been.
        """
        encoded = [(name, text.encode()) for name, text in (headers or {}).items()]
        await self._producer.send(topic, key.encode(), json.dumps(value).encode(), encoded)

    def send_later(self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None = None) -> None:
        """Send in the background; a failure is only logged."""
        task = asyncio.get_running_loop().create_task(self._send_in_background(topic, key, value, headers))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def consumer(
        self, group: str, topics: Sequence[str], *, reset: OffsetReset = "earliest"
    ) -> KafkaConsumer:
        consumer = KafkaConsumer(self._settings, group, topics, reset)
        self._consumers.append(consumer)
        return consumer

    async def open(self) -> None:
        """Connect for sending, so that the first record need not wait for it. Raises Refused or Timeout."""
        await self._producer.open()

    async def close(self) -> None:
        """Let background sends end (each within its timeout), leave every group, close every connection."""
        await asyncio.gather(*self._background)
        for consumer in self._consumers:
            await consumer.close()
        await self._producer.close()

    async def _send_in_background(
        self, topic: str, key: str, value: Json, headers: Mapping[str, str] | None
    ) -> None:
        try:
            await self.send(topic, key, value, headers)
        except TRANSIENT as error:
            log.warning("%s/%s: a background send failed: %r", topic, key, error)
