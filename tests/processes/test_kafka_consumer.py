"""What the consumer does by itself, whatever the wire does: it is asked of a real broker, without a tap."""

import asyncio
import logging

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from harness.real.launcher import Needs
from target_services.adapters.kafka import KafkaBroker
from target_services.adapters.kafka_consumer import KafkaSettings
from tests.processes.started import needs_the_extra, run, started

KAFKA = Needs(postgres=False, kafka=True, redis=False, databases=())
pytestmark = needs_the_extra


def test_the_time_that_the_broker_may_keep_a_fetch_is_no_part_of_its_timeout(
    caplog: pytest.LogCaptureFixture,
):
    """Else a record that comes late in that time would have less than the timeout left for its own way."""

    values: list[object] = []

    async def story() -> None:
        async with started(KAFKA) as launcher:
            host, port = launcher.address("kafka")
            bootstrap = f"{host}:{port}"
            admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
            await admin.start()
            await admin.create_topics([NewTopic("events", 1, 1)])
            await admin.close()
            broker = KafkaBroker(KafkaSettings(bootstrap, "reader", 250, 1_000, fetch_wait_ms=1_000))
            consumer = broker.consumer("readers", ["events"])
            await broker.send("events", "k", 1)
            await consumer.commit(await consumer.get())
            idle = asyncio.ensure_future(consumer.get())
            await asyncio.wait([idle], timeout=1.2)  # longer than a fetch that finds nothing
            assert not idle.done()
            await broker.send("events", "k", 2)
            values.append((await idle).value)
            await broker.close()

    with caplog.at_level(logging.WARNING, "aiokafka"):
        run(story())
    assert values == [2]
    assert [record.getMessage() for record in caplog.records if "fetch" in record.getMessage()] == []
