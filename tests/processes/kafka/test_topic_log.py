"""The oracle on the topics, on a real broker: every record of a run and none of another, however they were batched."""

import asyncio
import json

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shaketable.real.oracles.topics import TopicLog
from shaketable.real.stack.launcher import Needs
from shaketable.subject import Topic
from tests.processes.started import BROKER, needs_the_extra, run, started

KAFKA = Needs((BROKER,))
pytestmark = needs_the_extra


@pytest.mark.parametrize("codec", [None, "gzip", "snappy", "lz4", "zstd"])
def test_a_batch_of_several_records_is_read_whole_and_belongs_to_its_run(codec):
    async def story() -> None:
        async with started(KAFKA) as launcher:
            host, port = launcher.address("kafka")
            broker = f"{host}:{port}"
            admin = AIOKafkaAdminClient(bootstrap_servers=broker)
            await admin.start()
            await admin.create_topics([NewTopic("events", 1, 1)])
            await admin.close()
            producer = AIOKafkaProducer(bootstrap_servers=broker, linger_ms=100, compression_type=codec)
            await producer.start()
            log = TopicLog(broker, [Topic("events")])
            await log.open()
            try:
                for number in range(3):
                    await log.begin()
                    sent = [f"{number}.{n}" for n in range(3)]
                    appended = [await producer.send("events", json.dumps(text).encode()) for text in sent]
                    await asyncio.gather(*appended)
                    records = [value for _, value in await log.read()]
                    assert [record["value"] for record in records] == sent
                    assert [record["offset"] for record in records] == [0, 1, 2]
            finally:
                await log.close()
                await producer.stop()

    run(story())
