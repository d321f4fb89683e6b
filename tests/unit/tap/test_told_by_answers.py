"""What a command of a cache changed is told by its answer, so that is waited for although its client is gone."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from shaketable.fault import Hold
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.redis import RedisFramer
from shaketable.real.tap.redis_changes import Change
from tests.unit.tap.test_edge import Scene
from tests.unit.tap.test_half_closed import WITHIN_S, until
from tests.unit.tap.test_redis_framer import command

SET = command("SET", "k", "v")
AT = "shop>bank SET k #1"


class CacheScene(Scene):
    """A cache that answers when it may, an edge in front of it that notes changes, and a client that leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: list[Change] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __aenter__(self) -> CacheScene:
        self.bank = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        upstream = self.bank.sockets[0].getsockname()[:2]
        self.edge = Edge("shop", "bank", upstream, partial(RedisFramer, self.changes.append), self.board)
        await self.edge.open()
        return self

    async def serve(self, reader, writer) -> None:
        self.serving[asyncio.current_task()] = None
        try:
            while await reader.read(len(SET)) == SET:
                self.served += 1
                await self.may_answer.wait()
                writer.write(b"+OK\r\n")
        finally:
            writer.close()

    async def set_and_leave(self, how: str) -> None:
        """Ask for a change and be gone before the answer: in order, or not."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.edge.port)
        writer.write(SET)
        await until(lambda: bool(self.receipts) or self.served == 1)
        writer.close() if how == "closes" else writer.transport.abort()


def run(play) -> None:
    async def main() -> None:
        async with CacheScene() as scene, asyncio.timeout(WITHIN_S):
            await play(scene)

    asyncio.run(main())


@pytest.mark.parametrize("how", ["closes", "resets"])
def test_a_held_change_is_noted_when_it_arrives_and_then_all_is_closed(how):
    async def play(scene: CacheScene) -> None:
        scene.arm(Hold(at=AT, leg="request", for_ms=200))
        await scene.set_and_leave(how)
        await until(lambda: len(scene.changes) == 1)
        assert scene.served == 1
        await until(lambda: scene.edge.passed.ended == 1)

    run(play)


@pytest.mark.parametrize("how", ["closes", "resets"])
def test_a_change_under_way_is_noted_though_its_client_left(how):
    async def play(scene: CacheScene) -> None:
        scene.may_answer.clear()
        await scene.set_and_leave(how)
        scene.may_answer.set()
        await until(lambda: len(scene.changes) == 1)
        await until(lambda: scene.edge.passed.ended == 1)

    run(play)
