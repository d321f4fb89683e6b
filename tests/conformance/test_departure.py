"""A member that is put out of its group in its stead, at a real broker: what it commits is refused, and it joins again."""

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
