"""A client that closes its half of a connection behind a request is answered, as it would be without the tap."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import pytest

from shaketable.fault import Drop, Hold
from tests.unit.tap.test_edge import PAY, REPLY, REQUEST, Scene

WITHIN_S = 5


class SlowScene(Scene):
    """A bank that answers only when it is told to, and as often as it was asked by then."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()
        self.seen_end = asyncio.Event()

    async def serve(self, reader, writer) -> None:
        self.serving[asyncio.current_task()] = None
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            try:
                while True:
                    await reader.readexactly(len(REQUEST))
                    self.served += 1
                    await self.may_answer.wait()
                    writer.write(REPLY)
            finally:
                self.seen_end.set()

    async def half_closed(self, sent: bytes) -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.edge.port)
        writer.write(sent)
        writer.write_eof()
        self.writer = writer
        return reader


def run(play: Callable) -> None:
    async def main() -> None:
        async with SlowScene() as scene, asyncio.timeout(WITHIN_S):
            try:
                await play(scene)
            finally:
                scene.may_answer.set()
                scene.writer.close()

    asyncio.run(main())


async def all_of(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.read(), WITHIN_S)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("requests", [1, 3])
def test_every_answer_comes_and_then_the_end(requests):
    async def play(scene: SlowScene) -> None:
        reader = await scene.half_closed(REQUEST * requests)
        await until(lambda: scene.served == 1)
        scene.may_answer.set()
        assert await all_of(reader) == REPLY * requests
        await scene.seen_end.wait()
        await until(lambda: scene.edge.passed.ended == 1)

    run(play)


def test_an_answer_that_is_held_comes_too():
    async def play(scene: SlowScene) -> None:
        scene.arm(Hold(at=PAY, leg="reply", for_ms=200))
        scene.may_answer.set()
        assert await all_of(await scene.half_closed(REQUEST)) == REPLY
        assert scene.receipts == [f"hold on the reply of {PAY}"]

    run(play)


@pytest.mark.parametrize("leg", ["request", "reply"])
def test_an_answer_that_is_lost_is_not_waited_for(leg):
    async def play(scene: SlowScene) -> None:
        scene.arm(Drop(at=PAY, leg=leg))
        scene.may_answer.set()
        assert await all_of(await scene.half_closed(REQUEST)) == b""
        await until(lambda: scene.edge.passed.ended == 1)

    run(play)


def test_a_client_that_leaves_before_its_answer_keeps_nothing_open():
    async def play(scene: SlowScene) -> None:
        await scene.half_closed(REQUEST)
        await until(lambda: scene.served == 1)
        scene.writer.transport.abort()  # it has said that it says no more, so this is seen only when it is written to
        scene.may_answer.set()
        await until(lambda: scene.edge.passed.ended == 1)

    run(play)


def test_a_client_that_is_owed_nothing_ends_the_connection_at_once():
    async def play(scene: SlowScene) -> None:
        assert await all_of(await scene.half_closed(b"")) == b""
        await scene.seen_end.wait()

    run(play)
