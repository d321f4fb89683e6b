"""The oracle on topics of Apache Kafka with transactions: what was committed counts, and what was aborted stands apart."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from shaketable.history import History
from shaketable.real.clock import RunClock
from shaketable.real.oracles.broker import BrokerOracle
from shaketable.real.oracles.oracle import Seen
from shaketable.real.servers.kafka import KAFKA
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.framer import ClientEnd
from shaketable.real.tap.switchboard import Switchboard
from shaketable.subject import Topic

_TOPICS = itertools.count()
WITHIN_S = 60


class NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


class Stage:
    """One edge to a broker, the oracle past it, and a topic of its own."""

    def __init__(self, broker: str) -> None:
        self.topic = f"transactions-{next(_TOPICS)}"
        host, port = broker.split(":")
        self.clock = RunClock(1.0)
        self.board = Switchboard(NoPower(), lambda: self.clock.elapsed_ms(), str)
        framer = KAFKA.framers()
        end = ClientEnd(lambda: ("127.0.0.1", self.edge.port), lambda _: None, lambda _: None)
        self.edge = Edge("relay", "kafka", (host, int(port)), lambda: framer(end), self.board)
        system = SimpleNamespace(topics=(Topic(self.topic),))
        self.oracle = BrokerOracle(system, "kafka", lambda: (host, int(port)))  # type: ignore[arg-type]

    async def begin(self) -> None:
        await self.oracle.begin()
        self.clock = RunClock(1.0)
        self.board.begin(History(), frozenset(), trace=True)

    async def observed(self) -> list[tuple[str, str]]:
        found = await self.oracle.read(Seen(self.clock, self.board))
        return [(one.name, one.value["value"]) for one in found if "value" in one.value]

    async def settle(self) -> None:
        """Wait until it is decided of every record whether it counts: a broker marks that after it has answered."""
        while await self.oracle.is_unsettled(self.board):
            await asyncio.sleep(0.02)

    def crossed(self, start: str) -> list[str]:
        return [str(one.route) for one in self.board.crossed or () if one.route.verb.startswith(start)]


@contextlib.asynccontextmanager
async def staged(broker: str) -> AsyncIterator[tuple[Stage, str]]:
    stage = Stage(broker)
    await stage.edge.open()
    await stage.oracle.open()
    try:
        await stage.begin()
        yield stage, f"127.0.0.1:{stage.edge.port}"
    finally:
        await stage.oracle.close()
        await stage.edge.close()


@contextlib.asynccontextmanager
async def producer(at: str, transactional_id: str) -> AsyncIterator[AIOKafkaProducer]:
    made = AIOKafkaProducer(bootstrap_servers=at, transactional_id=transactional_id)
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


def play(story) -> None:
    async def within() -> None:
        async with asyncio.timeout(WITHIN_S):
            await story()

    asyncio.run(within())


def test_what_was_committed_counts_and_what_was_aborted_stands_apart_in_each_run(kafka):
    async def story() -> None:
        async with staged(kafka) as (stage, at), producer(at, "tx-relay") as relay:
            for run in range(3):
                await stage.begin()
                async with relay.transaction():
                    await relay.send_and_wait(stage.topic, b'"kept"', key=b"k")
                await relay.begin_transaction()
                await relay.send_and_wait(stage.topic, b'"dropped"', key=b"k")
                await relay.abort_transaction()
                await stage.settle()
                assert await stage.observed() == [("append", "kept"), ("aborted", "dropped")], run
            assert stage.crossed("END_TXN") == [
                "relay>kafka END_TXN tx-relay/commit",
                "relay>kafka END_TXN tx-relay/abort",
            ]
            assert set(stage.crossed("ADD_PARTITIONS")) == {
                f"relay>kafka ADD_PARTITIONS_TO_TXN {stage.topic}"
            }

    play(story)


def test_a_transaction_that_is_open_is_work_and_its_records_are_not_announced(kafka):
    async def story() -> None:
        async with staged(kafka) as (stage, at), producer(at, "tx-open") as relay:
            await relay.begin_transaction()
            await relay.send_and_wait(stage.topic, b'"first"')
            assert await stage.oracle.has_work(stage.board)
            assert await stage.oracle.is_unsettled(stage.board)
            assert await stage.observed() == [("open", "first")]
            await relay.commit_transaction()
            await stage.settle()
            assert not await stage.oracle.has_work(stage.board)
            assert await stage.observed() == [("append", "first")]

    play(story)


def test_a_record_is_on_its_topic_when_its_transaction_is_committed(kafka):
    async def story() -> None:
        async with staged(kafka) as (stage, at), producer(at, "tx-late") as relay:
            await relay.begin_transaction()
            await relay.send_and_wait(stage.topic, b'"late"')
            acknowledged_ms = stage.clock.elapsed_ms()
            while stage.clock.elapsed_ms() < acknowledged_ms + 50:
                await asyncio.sleep(0.01)
            committing_ms = stage.clock.elapsed_ms()
            await relay.commit_transaction()
            await stage.settle()
            (append,) = [
                one for one in await stage.oracle.read(Seen(stage.clock, stage.board)) if one.name == "append"
            ]
            assert append.time_ms >= committing_ms
            assert append.process == "relay"

    play(story)


def test_a_group_has_read_all_when_it_has_committed_the_last_record_before_the_mark(kafka):
    async def story() -> None:
        async with staged(kafka) as (stage, at), producer(at, "tx-read") as relay:
            async with relay.transaction():
                await relay.send_and_wait(stage.topic, b'"one"')
            consumer = AIOKafkaConsumer(
                stage.topic,
                bootstrap_servers=at,
                group_id=f"group-{stage.topic}",
                isolation_level="read_committed",
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                session_timeout_ms=6_000,
            )
            await consumer.start()
            try:
                record = await consumer.getone()
                assert await stage.oracle.has_work(stage.board)
                place = TopicPartition(stage.topic, 0)
                await consumer.commit({place: record.offset + 1})
                assert not await stage.oracle.has_work(stage.board)
            finally:
                await consumer.stop()

    play(story)


def test_offsets_of_a_transaction_count_with_it(kafka):
    async def story() -> None:
        async with staged(kafka) as (stage, at), producer(at, "tx-offsets") as relay:
            group, place = f"group-{stage.topic}", TopicPartition(stage.topic, 0)
            async with relay.transaction():
                await relay.send_offsets_to_transaction({place: 4}, group)
            with contextlib.suppress(ZeroDivisionError):
                async with relay.transaction():
                    await relay.send_offsets_to_transaction({place: 9}, group)
                    raise ZeroDivisionError
            found = await stage.oracle.read(Seen(stage.clock, stage.board))
            offsets = [(one.value["group"], one.value["offset"]) for one in found if one.name == "offsets"]
            assert offsets == [(group, 4)]
            assert set(stage.crossed("TXN_OFFSET_COMMIT")) == {f"relay>kafka TXN_OFFSET_COMMIT {stage.topic}"}

    play(story)


@pytest.mark.parametrize("committed_only", [True, False])
def test_a_delivery_is_of_what_its_consumer_takes(kafka, committed_only):
    async def story() -> None:
        async with staged(kafka) as (stage, at), producer(at, "tx-taken") as relay:
            await relay.begin_transaction()
            await relay.send_and_wait(stage.topic, b'"dropped"', key=b"dropped")
            await relay.abort_transaction()
            async with relay.transaction():
                await relay.send_and_wait(stage.topic, b'"kept"', key=b"kept")
            consumer = AIOKafkaConsumer(
                bootstrap_servers=at,
                isolation_level="read_committed" if committed_only else "read_uncommitted",
                auto_offset_reset="earliest",
            )
            await consumer.start()
            consumer.assign([TopicPartition(stage.topic, 0)])
            began_s = time.monotonic()
            try:
                while (await consumer.getone()).key != b"kept":
                    assert time.monotonic() - began_s < WITHIN_S
            finally:
                await consumer.stop()
            dropped = [] if committed_only else [f"relay>kafka FETCH {stage.topic}/dropped"]
            assert stage.crossed("FETCH") == [*dropped, f"relay>kafka FETCH {stage.topic}/kept"]

    play(story)
