"""The cache port means the same on the model and on Redis."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shaketable.history import Json
from shaketable.ports import Errors
from shaketable.real.stack.launcher import Needs
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.redis import RedisFramer
from shaketable.real.tap.switchboard import Switchboard
from shaketable.sim.cache.cache import Cache
from shaketable.sim.cache.port import CachePort
from shaketable_targets.adapters.redis import RedisCache
from tests.processes.port_contract import Story, raised
from tests.processes.started import CACHE, needs_the_extra, started

pytestmark = needs_the_extra

REDIS = Needs((CACHE,))


class Passing:
    """A channel on which nothing is lost."""

    sender = "probe"
    errors = Errors()

    async def cross(self, verb: str, key: str, effect: Any, **_: object) -> Any:
        return effect()


def on_the_model(story: Story, changes: list[Json] | None = None) -> Json:
    cache = Cache(lambda: int(asyncio.get_running_loop().time() * 1000))

    def note(kind: str, process: str, name: str, value: Json) -> None:
        if changes is not None:
            changes.append(value)

    async def play() -> Json:
        return await story(CachePort(Passing(), cache, note))  # type: ignore[arg-type]

    return asyncio.run(play())


def on_redis(story: Story) -> Json:
    async def play() -> Json:
        async with started(REDIS) as launcher:
            host, port = launcher.address("redis")
            cache = RedisCache(f"redis://{host}:{port}/0", 0.5, lambda ms: ms / 1000)
            try:
                return await story(cache)
            finally:
                await cache.close()

    return asyncio.run(play())


def through_the_tap(story: Story, changes: list[Json]) -> Json:
    class NoPower:
        async def crash(self, party: str, down_ms: int) -> bool:
            return False

    async def play() -> Json:
        async with started(REDIS) as launcher:
            board = Switchboard(NoPower(), lambda: 0, lambda key: key)
            edge = Edge(
                "probe", "redis", launcher.address("redis"), lambda: RedisFramer(changes.append), board
            )
            cache = RedisCache(f"redis://127.0.0.1:{await edge.open()}/0", 5.0, lambda ms: ms / 1000)
            try:
                return await story(cache)
            finally:
                await cache.close()
                await edge.close()

    return asyncio.run(play())


async def changing(cache: Any) -> Json:
    """Make every change there is, and ask for some that do not come about."""
    return [
        await cache.set("k", "v"),
        await cache.set("k", "w", only_if_absent=True),
        await cache.set("t", "w x", ttl_ms=60_000, only_if_absent=True),
        await cache.compare_and_delete("k", "other"),
        await cache.compare_and_delete("k", "v"),
        await cache.delete("k"),
        await cache.delete("t"),
        await cache.increment("n"),
        await cache.increment("n", 5),
        await cache.increment("n", -7),
        await cache.sorted_add("z", "b", 2),
        await cache.sorted_add("z", "b", -3),
        await cache.sorted_add("z", "long" * 200, 1),
        await cache.sorted_remove("z", "b"),
        await cache.sorted_remove("z", "b"),
        await cache.rename("z", "y"),
        await cache.rename("z", "y"),
        await cache.set("guard", "me"),
        await cache.compare_and_set("k", "v w", guard="guard", token="other", ttl_ms=60_000),
        await cache.compare_and_set("k", "v w", guard="guard", token="me", ttl_ms=60_000),
        await cache.get("n"),
    ]


def test_changes_are_told_alike():
    told: list[Json] = []
    expected: list[Json] = []
    assert through_the_tap(changing, told) == on_the_model(changing, expected)
    assert told == expected
    assert [change["op"] for change in told] == [
        *("SET", "SET", "DEL", "DEL", "INCR", "INCR", "INCR", "ZADD", "ZADD", "ZADD", "ZREM"),
        *("RENAME", "SET", "SET"),
    ]


async def everything(cache: Any) -> Json:
    """Run each command at least once, with what it says when there is nothing to do."""
    said = [
        await cache.get("k"),
        await cache.set("k", "v"),
        await cache.set("k", "w", only_if_absent=True),
        await cache.get("k"),
        await cache.compare_and_delete("k", "other"),
        await cache.compare_and_delete("k", "v"),
        await cache.delete("k"),
        await cache.set("k", "w", only_if_absent=True, ttl_ms=40),
        await cache.increment("n"),
        await cache.increment("n", 5),
        await cache.sorted_add("z", "b", 2),
        await cache.sorted_add("z", "a", 2),
        await cache.sorted_add("z", "c", 1),
        await cache.sorted_add("z", "c", 3),
        await cache.sorted_range("z"),
        await cache.sorted_remove("z", "a"),
        await cache.sorted_remove("z", "a"),
        await cache.sorted_range("nothing"),
        await cache.get("k"),
    ]
    said += [
        await cache.sorted_rank("z", "b"),
        await cache.sorted_rank("z", "a"),
        await cache.sorted_add("y", "d", 1),
        await cache.rename("z", "y"),
        await cache.rename("z", "y"),
        await cache.sorted_range("y"),
        await cache.compare_and_set("g", "v", guard="k", token="x", ttl_ms=40),
        await cache.compare_and_set("g", "v", guard="k", token="w", ttl_ms=40),
        await cache.get("g"),
        *[await cache.take("b", burst=2, per_s=1) for _ in range(3)],
    ]
    await asyncio.sleep(0.06)
    return [*said, await cache.get("g"), await cache.get("k")]


def test_the_commands_answer_alike():
    seen = on_redis(everything)
    assert seen == on_the_model(everything)
    assert seen[14] == [("a", 2), ("b", 2), ("c", 3)]
    assert seen[-9:] == [[("b", 2), ("c", 3)], False, True, "v", True, True, False, None, None]


@pytest.mark.parametrize(
    ("behaviour", "told"), [("silent", "Timeout"), ("resets", "ConnectionLost"), ("", "Refused")]
)
def test_failures_are_told_in_the_ports_words(behaviour, told):
    async def play() -> tuple[str, int]:
        accepted = 0

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal accepted
            accepted += 1
            await reader.read(100)
            if behaviour == "silent":
                await reader.read()
            writer.transport.abort()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        if not behaviour:
            server.close()
        cache = RedisCache(f"redis://127.0.0.1:{port}/0", 0.1, lambda ms: ms / 1000)
        error = await raised(cache.set("k", "v"))
        await cache.close()
        server.close()
        return error, accepted

    assert asyncio.run(play()) == (told, 1 if behaviour else 0)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "unable to perform operation on <TCPTransport closed=True>; the handler is closed",
            "ConnectionLost",
        ),
        ("anything else", "RuntimeError"),
    ],
)
def test_a_kept_connection_that_uvloop_finds_dead_is_lost(said, told):
    async def say(key: str) -> str:
        raise RuntimeError(said)

    async def play() -> str:
        cache = RedisCache("redis://127.0.0.1:1/0", 0.1, lambda ms: ms / 1000)
        cache._redis.get = say
        return await raised(cache.get("k"))

    assert asyncio.run(play()) == told
