"""The broker port means the same on the model and on a real broker behind the tap, also when something goes wrong."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from shaketable.fault import Crash, Cut, Drop, Fault
from shaketable.history import Json
from tests.processes.port_contract import RealPorts, Seen, Story, in_simulation, raised
from tests.processes.started import needs_the_extra

pytestmark = needs_the_extra


@pytest.fixture(scope="module")
def real() -> Iterator[RealPorts]:
    ports = RealPorts()
    ports.open()
    yield ports
    ports.close()


@pytest.fixture
def news(request: pytest.FixtureRequest) -> str:
    """A topic of the test's own, which is also its consumers' group: topics outlive a story."""
    return f"news-{zlib.crc32(request.node.nodeid.encode()):08x}"


def counted(seen: Seen) -> dict[str, list[str]]:
    """Count its boundaries by verb: a real client fetches ahead, so only each verb's own order is the same."""
    verbs: dict[str, list[str]] = {}
    for boundary in seen.crossed:
        verbs.setdefault(boundary.split()[1], []).append(boundary)
    return verbs


def both(real: RealPorts, story: Story, topic: str, *faults: Fault) -> Json:
    """Return what the service sees, the same in both worlds, at the same boundaries."""
    simulated = in_simulation(story, *faults, topics=[topic])
    seen = real.play(story, *faults, topics=[topic])
    assert seen.outcome == simulated.outcome
    assert counted(seen) == counted(simulated)
    return seen.outcome


async def read(ports: Any, topic: str, count: int, *, commit: bool = True) -> list[Any]:
    """Read the values of the next `count` records of the group."""
    consumer = ports.broker.consumer(topic, [topic])
    values = []
    for _ in range(count):
        record = await consumer.get()
        values.append(record.value)
        if commit:
            await consumer.commit(record)
    await consumer.close()
    return values


def test_records_keep_their_order_headers_and_partition(real, news):
    async def story(ports: Any) -> Json:
        for key, value in (("a", 1), ("b", {"x": ["ü"]}), ("a", None)):
            await ports.broker.send(news, key, value, {"trace": "ß"})
        consumer = ports.broker.consumer(news, [news])
        records = []
        for _ in range(3):
            record = await consumer.get()
            records.append((record.key, record.partition, record.offset, record.value, dict(record.headers)))
            await consumer.commit(record)
        await consumer.close()
        return sorted(records, key=lambda record: record[:3])

    seen = both(real, story, news)
    assert [(key, value) for key, _, _, value, _ in seen] == [("a", 1), ("a", None), ("b", {"x": ["ü"]})]
    assert all(headers == {"trace": "ß"} for *_, headers in seen)


def test_what_is_committed_is_not_read_again_and_what_is_not_is(real, news):
    async def story(ports: Any) -> Json:
        for value in (1, 2, 3):
            await ports.broker.send(news, "k", value)
        first = await read(ports, news, 2)
        second = await read(ports, news, 1, commit=False)
        return first, second, await read(ports, news, 1)

    outcomes = [in_simulation(story, topics=[news]).outcome, real.play(story, topics=[news]).outcome]
    assert outcomes == [([1, 2], [3], [3])] * 2


def test_a_seek_reads_the_record_again(real, news):
    async def story(ports: Any) -> Json:
        for value in (1, 2):
            await ports.broker.send(news, "k", value)
        consumer = ports.broker.consumer(news, [news])
        record = await consumer.get()
        consumer.seek(record)
        again = await consumer.get()
        last = await consumer.get()
        await consumer.close()
        return record.value, again.value, last.value

    outcomes = [in_simulation(story, topics=[news]).outcome, real.play(story, topics=[news]).outcome]
    assert outcomes == [(1, 1, 2)] * 2


def test_a_member_that_has_left_may_not_commit(real, news):
    async def story(ports: Any) -> Json:
        await ports.broker.send(news, "k", 1)
        consumer = ports.broker.consumer(news, [news])
        record = await consumer.get()
        await consumer.close()
        return await raised(consumer.commit(record))

    outcomes = [in_simulation(story, topics=[news]).outcome, real.play(story, topics=[news]).outcome]
    assert outcomes == ["CommitRejected"] * 2


def test_a_background_send_arrives(real, news):
    async def story(ports: Any) -> Json:
        ports.broker.send_later(news, "k", 1)
        return await read(ports, news, 1)

    assert both(real, story, news) == [1]


@pytest.mark.parametrize(
    ("fault", "leg", "told", "values"),
    [
        (Drop, "request", "Timeout", [2]),
        (Drop, "reply", "Timeout", [1, 2]),
        (Cut, "request", "ConnectionLost", [2]),
        (Cut, "reply", "ConnectionLost", [1, 2]),
    ],
)
def test_a_send_is_attempted_once_and_tells_what_is_known(real, news, fault, leg, told, values):
    async def story(ports: Any) -> Json:
        first = await raised(ports.broker.send(news, "k", 1))
        second = await raised(ports.broker.send(news, "k", 2))
        return first, second, await read(ports, news, len(values))

    assert both(real, story, news, fault(at=f"probe>kafka PRODUCE {news}/k #1", leg=leg)) == (
        told,
        "",
        values,
    )


@pytest.mark.parametrize(
    ("fault", "leg", "told", "next_value"),
    [
        (Drop, "request", "Timeout", 1),
        (Drop, "reply", "Timeout", 2),
        (Cut, "request", "ConnectionLost", 1),
        (Cut, "reply", "ConnectionLost", 2),
    ],
)
def test_a_commit_is_attempted_once_and_tells_what_is_known(real, news, fault, leg, told, next_value):
    async def story(ports: Any) -> Json:
        for value in (1, 2):
            await ports.broker.send(news, "k", value)
        consumer = ports.broker.consumer(news, [news])
        record = await consumer.get()
        error = await raised(consumer.commit(record))
        await consumer.close()
        again = ports.broker.consumer(news, [news])
        value = (await again.get()).value
        await again.close()
        return error, value

    armed = fault(at=f"probe>kafka OFFSET_COMMIT {news} #1", leg=leg)
    simulated = in_simulation(story, armed, topics=[news])
    seen = real.play(story, armed, topics=[news])
    assert seen.outcome == simulated.outcome == (told, next_value)
    assert counted(seen)["OFFSET_COMMIT"] == counted(simulated)["OFFSET_COMMIT"]


@pytest.mark.parametrize("leg", ["request", "reply"])
@pytest.mark.parametrize("fault", [Drop, Cut])
def test_a_lost_fetch_is_repeated_inside(real, news, fault, leg):
    async def story(ports: Any) -> Json:
        for value in (1, 2):
            await ports.broker.send(news, "k", value)
        return await read(ports, news, 2)

    assert both(real, story, news, fault(at=f"probe>kafka FETCH {news}/k #1", leg=leg)) == [1, 2]


def test_a_broker_that_is_down_refuses(real, news):
    async def story(ports: Any) -> Json:
        return await raised(ports.broker.send(news, "k", 1))

    crash = Crash(service="kafka", down_ms=1_000_000)
    outcomes = [
        in_simulation(story, crash, topics=[news]).outcome,
        real.play(story, crash, topics=[news]).outcome,
    ]
    assert outcomes == ["Refused"] * 2
