"""Transactions, pipelines and scripts of a real Redis, through the tap: an effect is told when it came about, and only then."""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import WatchError

from shaketable.real.tap.edge import Edge
from shaketable.real.tap.redis import RedisFramer
from shaketable.real.tap.switchboard import Switchboard
from tests.processes.started import CACHE, needs_the_extra, started
from tests.processes.test_adapters_cache import REDIS

pytestmark = needs_the_extra


class NoPower:
    async def crash(self, party: str, down_ms: int) -> bool:
        return False


def told_of(story: Any) -> list[tuple[object, object, object]]:
    """Return the changes that a story on a client makes, which gets a second client past the tap."""
    changes: list[Any] = []

    async def play() -> None:
        async with started(REDIS) as launcher:
            board = Switchboard(NoPower(), lambda: 0, lambda key: key)
            place = launcher.address(CACHE.name)
            edge = Edge("probe", CACHE.name, place, lambda: RedisFramer(changes.append), board)
            client = Redis(host="127.0.0.1", port=await edge.open())
            other = Redis(host=place[0], port=place[1])
            try:
                await story(client, other)
            finally:
                await client.aclose()
                await other.aclose()
                await edge.close()

    asyncio.run(play())
    return [(one["op"], one["key"], one["value"]) for one in changes]


def test_a_transaction_is_told_at_its_exec_and_only_if_it_succeeded():
    async def story(client: Any, other: Any) -> None:
        async with client.pipeline(transaction=True) as pipe:
            await pipe.set("k", "v").incr("n").set("k", "w", nx=True).execute()
        async with client.pipeline(transaction=True) as pipe:
            await pipe.watch("k")
            await other.set("k", "changed by another")
            pipe.multi()
            pipe.set("k", "lost")
            try:
                await pipe.execute()
            except WatchError:
                await client.incr("n")
        async with client.pipeline(transaction=True) as pipe:
            await pipe.lpush("n", "x").incr("n").execute(raise_on_error=False)

    assert told_of(story) == [("SET", "k", "v"), ("INCR", "n", 1), ("INCR", "n", 2), ("INCR", "n", 3)]


def test_a_pipeline_and_scripts_are_told_in_order_and_what_cannot_be_read_as_such():
    async def story(client: Any, _: Any) -> None:
        async with client.pipeline(transaction=False) as pipe:
            await (
                pipe.set("a", "1")
                .hset("h", "f", "v")
                .eval("return redis.call('set', KEYS[1], 'x')", 1, "b")
                .get("b")
                .execute()
            )

    assert told_of(story) == [("SET", "a", "1"), ("UNREAD", "h", "HSET"), ("UNREAD", "b", "EVAL")]
