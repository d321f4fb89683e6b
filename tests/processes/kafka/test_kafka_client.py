"""aiokafka's client on a connection that died, on either event loop."""

import asyncio

import pytest
import uvloop
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import CorrelationIdError, KafkaConnectionError, NodeNotReadyError
from aiokafka.protocol.admin import ApiVersionRequest
from aiokafka.protocol.commit import OffsetCommitRequest

from shaketable_targets.adapters.kafka_client import CommitUnconfirmed, PatientClient

COMMIT = OffsetCommitRequest("readers", 1, "member", -1, [])


async def refusal() -> RuntimeError:
    """Return what uvloop raises for a write to a connection that has ended."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.transport.abort()
        await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])
        try:
            writer.write(b"anybody there?")
        except RuntimeError as error:
            return error
    raise AssertionError("it was written")


def failure(monkeypatch: pytest.MonkeyPatch, request: object, error: Exception) -> type[BaseException]:
    async def send(*_: object, **__: object) -> None:
        raise error

    async def story() -> None:
        client = PatientClient("127.0.0.1:9", "reader", 1.0)
        try:
            await client.send(1, request)
        finally:
            await client.close()

    monkeypatch.setattr(AIOKafkaClient, "send", send)
    with pytest.raises(Exception) as caught:
        asyncio.run(story())
    return caught.type


def test_a_connection_that_ended_unnoticed_is_lost(monkeypatch):
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        ended = runner.run(refusal())
    assert failure(monkeypatch, ApiVersionRequest(), ended) is KafkaConnectionError
    assert failure(monkeypatch, COMMIT, ended) is CommitUnconfirmed
    assert failure(monkeypatch, COMMIT, RuntimeError("a mistake")) is RuntimeError


@pytest.mark.parametrize(
    "error", [KafkaConnectionError("cut"), NodeNotReadyError("cut"), CorrelationIdError("cut")]
)
def test_no_commit_whose_answer_is_lost_is_repeated_by_the_library(monkeypatch, error):
    """Check these, each a RuntimeError and `retriable`: left as they are, aiokafka would commit again."""
    assert isinstance(error, RuntimeError)
    assert failure(monkeypatch, COMMIT, error) is CommitUnconfirmed
