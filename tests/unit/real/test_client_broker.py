"""The client's sends: one producer for all of them, and no send that waits for one that never came up."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from shaketable.ports import Errors
from shaketable.real.clock import RunClock
from shaketable.real.run import client
from shaketable.real.run.client import ClientBroker


class Timeout(Exception):
    """The system's own word for no answer in time."""


class ConnectionLost(Exception):
    """The system's own word for a reset."""


ERRORS = Errors(timeout=Timeout, connection_lost=ConnectionLost)


class Producer:
    """Comes up from the `up_at`-th try on."""

    up_at = 1
    made = stopped = sent = 0

    def __init__(self, **settings: object) -> None:
        Producer.made += 1
        self._up = Producer.made >= Producer.up_at

    async def start(self) -> None:
        await asyncio.sleep(0)
        if not self._up:
            raise KafkaConnectionError("unable to bootstrap")

    async def send_and_wait(self, topic: str, value: bytes, key: bytes, headers: object) -> None:
        assert self._up
        Producer.sent += 1

    async def stop(self) -> None:
        Producer.stopped += 1


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> ClientBroker:
    Producer.up_at, Producer.made, Producer.stopped, Producer.sent = 1, 0, 0, 0
    monkeypatch.setattr(client, "AIOKafkaProducer", Producer)
    return ClientBroker(ERRORS, lambda: RunClock(10), ("127.0.0.1", 9))


def test_sends_at_once_share_one_producer(broker: ClientBroker) -> None:
    async def story() -> None:
        await asyncio.gather(*(broker.send("t", "k", n) for n in range(4)))
        await broker.close()

    asyncio.run(story())
    assert (Producer.made, Producer.sent, Producer.stopped) == (1, 4, 1)


def test_when_it_does_not_come_up_each_send_is_told_and_the_next_tries_again(broker: ClientBroker) -> None:
    async def story() -> list[BaseException | None]:
        told = await asyncio.gather(*(broker.send("t", "k", n) for n in range(3)), return_exceptions=True)
        await broker.send("t", "k", 3)
        await broker.close()
        return told

    Producer.up_at = 2
    told = asyncio.run(story())
    assert [type(error) for error in told] == [ConnectionLost] * 3
    assert (Producer.made, Producer.sent, Producer.stopped) == (2, 1, 2)


def test_a_run_that_ends_while_it_comes_up_leaves_nothing(broker: ClientBroker) -> None:
    async def story() -> None:
        sending = asyncio.ensure_future(broker.send("t", "k", 1))
        await asyncio.sleep(0)
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await broker.close()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(story())
    assert Producer.sent == 0
