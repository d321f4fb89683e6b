"""The cache port on Redis."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

import redis.exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from shaketable.ports import ConnectionLost, Refused, Timeout

T = TypeVar("T")

_REFUSED = f"Error {errno.ECONNREFUSED} connecting"
"""The start of the library's message where it does not keep the cause: a connection that it had kept was dead."""
_CLOSED = "the handler is closed"
"""The message of uvloop's bare RuntimeError at a write to a connection that was found dead."""
_COMPARE_AND_DELETE = (
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end"
)
_COMPARE_AND_SET = (
    "if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) "
    "return 1 else return 0 end"
)
_TAKE = (
    "local t = redis.call('TIME') local now = t[1] * 1000000 + t[2] local each = tonumber(ARGV[2]) "
    "local full = math.max(now, tonumber(redis.call('GET', KEYS[1]) or '0')) + each "
    "if full - now > ARGV[1] * each then return 0 end "
    "redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000)) return 1"
)
"""At the key is when the bucket will be full again, in microseconds of the server's clock (GCRA)."""
_NO_KEY = "no such key"
"""What the library leaves of the server's answer to RENAME of a key that is not there."""


class RedisCache:
    """A `Cache`. Each command is one attempt on one connection.

    `real_s` converts a time to live from milliseconds to real seconds. Every command raises Timeout, ConnectionLost or
    Refused, and redis.exceptions.ResponseError for a key of another type. A connection that failed is not used again.
    """

    def __init__(self, url: str, io_timeout_s: float, real_s: Callable[[float], float]) -> None:
        self._real_s = real_s
        self._redis = Redis.from_url(
            url,
            protocol=2,
            decode_responses=True,
            socket_timeout=io_timeout_s,
            socket_connect_timeout=io_timeout_s,
            retry=Retry(NoBackoff(), 0),
            retry_on_error=[],
            driver_info=None,
        )

    async def get(self, key: str) -> str | None:
        return cast("str | None", await self._ask(self._redis.get(key)))

    async def set(
        self, key: str, value: str, *, ttl_ms: int | None = None, only_if_absent: bool = False
    ) -> bool:
        px = None if ttl_ms is None else self._px(ttl_ms)
        return bool(await self._ask(self._redis.set(key, value, px=px, nx=only_if_absent)))

    async def delete(self, key: str) -> bool:
        return bool(await self._ask(self._redis.delete(key)))

    async def compare_and_delete(self, key: str, value: str) -> bool:
        """Delete `key` if it holds `value`, in one step at the server; tell whether it did."""
        return bool(await self._ask(self._redis.eval(_COMPARE_AND_DELETE, 1, key, value)))

    async def compare_and_set(self, key: str, value: str, *, guard: str, token: str, ttl_ms: int) -> bool:
        """Set `key` if `guard` holds `token`, in one step at the server; tell whether it did."""
        given = (token, value, str(self._px(ttl_ms)))
        return bool(await self._ask(self._redis.eval(_COMPARE_AND_SET, 2, key, guard, *given)))

    async def rename(self, key: str, new_key: str) -> bool:
        try:
            return bool(await self._ask(self._redis.rename(key, new_key)))
        except redis.exceptions.ResponseError as error:
            if _NO_KEY not in str(error):
                raise
            return False

    async def increment(self, key: str, by: int = 1) -> int:
        command: tuple[str | int, ...] = ("INCR", key) if by == 1 else ("INCRBY", key, by)
        return int(await self._ask(self._redis.execute_command(*command)))  # type: ignore[no-untyped-call]

    async def take(self, key: str, *, burst: int, per_s: int) -> bool:
        """Take one from a bucket, in one step at the server; tell whether there was one."""
        each_us = round(self._real_s(1_000) * 1_000_000 / per_s)
        return bool(await self._ask(self._redis.eval(_TAKE, 1, key, burst, each_us)))

    async def sorted_add(self, key: str, member: str, score: int) -> bool:
        return bool(await self._ask(self._redis.zadd(key, {member: score})))

    async def sorted_remove(self, key: str, member: str) -> bool:
        return bool(await self._ask(self._redis.zrem(key, member)))

    async def sorted_rank(self, key: str, member: str) -> int | None:
        return cast("int | None", await self._ask(self._redis.zrank(key, member)))

    async def sorted_range(self, key: str) -> list[tuple[str, int]]:
        pairs = cast(
            "list[tuple[str, float]]", await self._ask(self._redis.zrange(key, 0, -1, withscores=True))
        )
        return [(member, int(score)) for member, score in pairs]

    def _px(self, ttl_ms: int) -> int:
        return max(1, round(self._real_s(ttl_ms) * 1000))

    async def close(self) -> None:
        await self._redis.aclose()

    async def _ask(self, answer: Awaitable[T] | T) -> T:
        try:
            return await cast("Awaitable[T]", answer)
        except redis.exceptions.TimeoutError as error:
            raise Timeout(str(error)) from error
        except (redis.exceptions.ConnectionError, OSError) as error:
            if _was_refused(error):
                raise Refused(str(error)) from error
            raise ConnectionLost(str(error)) from error
        except RuntimeError as error:
            if _CLOSED not in str(error):
                raise
            raise ConnectionLost(str(error)) from error


def _was_refused(error: BaseException | None) -> bool:
    """Tell whether nothing listened: the library keeps that error as the cause or the context of its own."""
    while error is not None:
        if isinstance(error, ConnectionRefusedError) or str(error).startswith(_REFUSED):
            return True
        error = error.__cause__ or error.__context__
    return False
