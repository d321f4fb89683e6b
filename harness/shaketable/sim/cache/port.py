"""The cache port of one incarnation of a process: each command is one message."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from shaketable.boundary import address_key
from shaketable.history import Json
from shaketable.sim.cache.cache import Cache
from shaketable.sim.channel import Channel, Oracle

T = TypeVar("T")


class CachePort:
    """A `shaketable.ports.Cache`. The oracle is told each change of the cache, as a "cache" effect of the process.

    Boundaries are named by the command a client sends to Redis: comparing and deleting, or setting, and taking from a bucket,
    at one instant is a script, so EVAL.

    Every command raises the world's timeout, connection_lost or refused error, and CommandError for a key of
    the other type.
    """

    __slots__ = ("_cache", "_channel", "_oracle")

    def __init__(self, channel: Channel, cache: Cache, oracle: Oracle) -> None:
        self._channel = channel
        self._cache = cache
        self._oracle = oracle

    async def get(self, key: str) -> str | None:
        return await self._ask("GET", key, partial(self._cache.get, key))

    async def set(
        self, key: str, value: str, *, ttl_ms: int | None = None, only_if_absent: bool = False
    ) -> bool:
        act = partial(self._cache.set, key, value, ttl_ms, only_if_absent)
        return await self._ask("SET", key, partial(self._write, "SET", key, value, act))

    async def delete(self, key: str) -> bool:
        act = partial(self._cache.delete, key)
        return await self._ask("DEL", key, partial(self._write, "DEL", key, None, act))

    async def compare_and_delete(self, key: str, value: str) -> bool:
        act = partial(self._cache.compare_and_delete, key, value)
        return await self._ask("EVAL", key, partial(self._write, "DEL", key, value, act))

    async def compare_and_set(self, key: str, value: str, *, guard: str, token: str, ttl_ms: int) -> bool:
        act = partial(self._cache.compare_and_set, key, value, guard, token, ttl_ms)
        return await self._ask("EVAL", key, partial(self._write, "SET", key, value, act), guard)

    async def rename(self, key: str, new_key: str) -> bool:
        act = partial(self._cache.rename, key, new_key)
        return await self._ask("RENAME", key, partial(self._write, "RENAME", key, new_key, act), new_key)

    async def increment(self, key: str, by: int = 1) -> int:
        return await self._ask("INCR" if by == 1 else "INCRBY", key, partial(self._increment, key, by))

    async def take(self, key: str, *, burst: int, per_s: int) -> bool:
        return await self._ask("EVAL", key, partial(self._take, key, burst, per_s))

    async def sorted_add(self, key: str, member: str, score: int) -> bool:
        return await self._ask("ZADD", key, partial(self._sorted_add, key, member, score))

    async def sorted_remove(self, key: str, member: str) -> bool:
        act = partial(self._cache.sorted_remove, key, member)
        return await self._ask("ZREM", key, partial(self._write, "ZREM", key, member, act))

    async def sorted_rank(self, key: str, member: str) -> int | None:
        return await self._ask("ZRANK", key, partial(self._cache.sorted_rank, key, member))

    async def sorted_range(self, key: str) -> list[tuple[str, int]]:
        return await self._ask("ZRANGE", key, partial(self._cache.sorted_range, key))

    async def _ask(self, verb: str, key: str, effect: Callable[[], T], *others: str) -> T:
        """Send a command; `others` are the further keys that it reads or writes."""
        return await self._channel.cross(verb, address_key(key), effect)

    # -- effects, at the server --------------------------------------------------------------------------

    def _write(self, op: str, key: str, value: Json, act: Callable[[], bool]) -> bool:
        changed = act()
        if changed:
            self._record(op, key, value)
        return changed

    def _increment(self, key: str, by: int) -> int:
        total = self._cache.increment(key, by)
        self._record("INCR", key, total)
        return total

    def _take(self, key: str, burst: int, per_s: int) -> bool:
        taken = self._cache.take(key, burst, per_s)
        if taken:
            self._record("SET", key, self._cache.get(key))
        return taken

    def _sorted_add(self, key: str, member: str, score: int) -> bool:
        new = self._cache.sorted_add(key, member, score)
        self._record("ZADD", key, [member, score])
        return new

    def _record(self, op: str, key: str, value: Json) -> None:
        self._oracle("effect", self._channel.sender, "cache", {"op": op, "key": key, "value": value})
