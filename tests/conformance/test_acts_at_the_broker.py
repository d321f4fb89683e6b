"""What the harness does to a real broker past the tap: a member is put out of its group, records are deleted."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import CommitFailedError
from aiokafka.structs import TopicPartition

from shaketable.real.oracles.departure import put_out
from shaketable.real.oracles.topics import TopicLog
from shaketable.subject import Topic
from tests.conformance import servers
from tests.conformance.conftest import need, serve

WITHIN_S = 30
SESSION_MS = 3_000
_NAMES = count()


@pytest.fixture(scope="module")
def tansu() -> Iterator[str]:
    need("kafka")
    for port in serve(servers.tansu, "tansu", signal.SIGTERM):
        yield f"127.0.0.1:{port}"


async def _story(bootstrap: str) -> list[object]:
    """Return what became of a member that is put out between a record and its commit."""
    name = f"departure-{next(_NAMES)}"
    place = TopicPartition(name, 0)
    host, port = bootstrap.split(":")
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap)
    member: Any = AIOKafkaConsumer(
        name,
        bootstrap_servers=bootstrap,
        group_id=name,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=SESSION_MS,
        heartbeat_interval_ms=SESSION_MS // 3,
    )
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await producer.start()
    try:
        await producer.send_and_wait(name, b"1")
        await member.start()
        try:
            told: list[object] = [(await member.getone()).offset]
            known = member._coordinator.member_id
            told.append(await put_out(host, int(port), name, known))
            try:
                await member.commit({place: 1})
            except CommitFailedError:
                told.append("refused")
            told.append((await member.getone()).offset)
            await member.commit({place: 1})
            told += [await member.committed(place), member._coordinator.member_id != known]
        finally:
            await member.stop()
    finally:
        await producer.stop()
        await admin.close()
    return told


@pytest.mark.parametrize("broker", ["tansu", "kafka"])
def test_a_member_that_is_put_out_may_not_commit_and_is_given_its_record_again(broker, request):
    bootstrap = request.getfixturevalue(broker)
    assert asyncio.run(asyncio.wait_for(_story(bootstrap), WITHIN_S)) == [0, True, "refused", 0, 1, True]


def test_kafka_says_that_there_is_no_such_member(kafka):
    host, port = kafka.split(":")
    assert not asyncio.run(put_out(host, int(port), "no-such-group", "no-such-member"))


async def _deleted(bootstrap: str) -> list[object]:
    """Return what a log tells of a run in which records were deleted twice, and of the next run."""
    name = f"retention-{next(_NAMES)}"
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap)
    log = TopicLog(bootstrap, [Topic(name, expires=True)])
    await admin.start()
    await admin.create_topics([NewTopic(name, 1, 1)])
    await producer.start()
    try:
        await producer.send_and_wait(name, b"0")  # of an earlier run
        await log.open()
        try:
            await log.begin()
            for value in (b"1", b"2", b"3"):
                await producer.send_and_wait(name, value)
            told: list[object] = [await log.expire([name], 2), await log.expire([name], 2)]
            await producer.send_and_wait(name, b"4")
            told += [await log.expire([name], 0), [(v["offset"], v["value"]) for _, v in await log.read()]]
            await log.begin()
            await producer.send_and_wait(name, b"5")
            told.append([(v["offset"], v["value"]) for _, v in await log.read()])
        finally:
            await log.close()
    finally:
        await producer.stop()
        await admin.close()
    return [{at.partition: n for at, n in one.items()} if isinstance(one, dict) else one for one in told]


def test_records_that_are_deleted_are_told_all_the_same(kafka):
    found = asyncio.run(asyncio.wait_for(_deleted(kafka), WITHIN_S))
    assert found == [{0: 2}, {}, {0: 5}, [(0, 1), (1, 2), (2, 3), (3, 4)], [(0, 5)]]


def test_tansu_deletes_no_records(tansu):
    found = asyncio.run(asyncio.wait_for(_deleted(tansu), WITHIN_S))
    assert found == [{}, {}, {}, [(0, 1), (1, 2), (2, 3), (3, 4)], [(0, 5)]]
