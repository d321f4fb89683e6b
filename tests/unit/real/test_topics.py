"""Reading the topics: where a partition ends with what is no record."""

import asyncio
from types import SimpleNamespace

from aiokafka import TopicPartition

from shaketable.real.oracles.topics import TopicLog
from shaketable.subject import Topic

EVENTS = TopicPartition("events", 0)


class MarkedTopic:
    """A consumer of a topic with one record, behind which stands the mark that its transaction was committed."""

    def __init__(self) -> None:
        self.at = 0

    async def end_offsets(self, partitions):
        return dict.fromkeys(partitions, 2)

    def seek(self, partition, offset) -> None:
        self.at = offset

    def resume(self, *partitions) -> None: ...

    def pause(self, *partitions) -> None: ...

    async def getmany(self, *partitions, timeout_ms):
        assert self.at < 2, "it is asked for what will never come"
        self.at += 1
        if self.at == 2:
            return {}
        record = SimpleNamespace(
            topic="events", partition=0, offset=0, key=b"k", value=b"1", headers=(), timestamp=7
        )
        return {EVENTS: [record]}

    async def position(self, partition):
        return self.at


def test_a_partition_that_ends_with_the_mark_of_a_transaction_is_read_to_its_end():
    async def story() -> None:
        log = TopicLog("127.0.0.1:9", [Topic("events")])
        await log._consumer.stop()
        log._consumer = MarkedTopic()
        log._begins = {EVENTS: 0}
        assert [value["value"] for _, value in await log.read()] == [1]
        log._begins = await log.ends()
        assert await log.read() == []

    asyncio.run(story())
