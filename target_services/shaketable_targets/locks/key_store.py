"""The keys of a Redis one round trip away, for asyncio: each command is atomic, and either message of it may be lost."""

from __future__ import annotations

from dataclasses import dataclass, field

from shaketable_targets.locks.settings import Clock, Points


@dataclass
class Keys:
    """What the server keeps: values that expire by its own time, and counters."""

    values: dict[str, tuple[str, int]] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)


class KeyStore:
    """The commands that a lock needs. ConnectionError and TimeoutError leave open whether one was executed."""

    def __init__(self, points: Points, clock: Clock) -> None:
        self._points = points
        self._clock = clock
        self._keys: Keys = points.durable("redis", Keys)

    async def take(self, key: str, value: str, ttl_ms: int) -> int | None:
        """Set the key if it is absent and count it, in one script; return the count, or None."""
        await self._points.reach("redis.request")
        count = None
        if self.found(key) is None:
            self._set(key, value, ttl_ms)
            count = self._keys.counters[key] = self._keys.counters.get(key, 0) + 1
        await self._points.reach("redis.reply")
        return count

    async def set_if_absent(self, key: str, value: str) -> bool:
        """Set the key, without an end, if it is absent."""
        await self._points.reach("redis.request")
        absent = self.found(key) is None
        if absent:
            self._keys.values[key] = value, 2**53
        await self._points.reach("redis.reply")
        return absent

    async def get(self, key: str) -> str | None:
        await self._points.reach("redis.request")
        found = self.found(key)
        await self._points.reach("redis.reply")
        return found and found[0]

    async def delete(self, key: str, value: str | None = None) -> bool:
        """Delete the key, with a value only if it has that, in one script."""
        await self._points.reach("redis.request")
        found = self.found(key)
        deleted = found is not None and value in (None, found[0])
        if deleted:
            del self._keys.values[key]
        await self._points.reach("redis.reply")
        return deleted

    async def expire(self, key: str, ttl_ms: int, value: str | None = None) -> bool:
        """Let the key live so long from now on, with a value only if it has that, in one script."""
        await self._points.reach("redis.request")
        found = self.found(key)
        done = found is not None and value in (None, found[0])
        if done:
            self._set(key, found[0] if found else "", ttl_ms)
        await self._points.reach("redis.reply")
        return done

    async def increment(self, key: str) -> int:
        await self._points.reach("redis.request")
        count = self._keys.counters[key] = self._keys.counters.get(key, 0) + 1
        await self._points.reach("redis.reply")
        return count

    def found(self, key: str) -> tuple[str, int] | None:
        """Return the value of a key and when it ends, None if it is absent or over."""
        found = self._keys.values.get(key)
        return found if found is not None and found[1] > self._clock.now_ms() else None

    def _set(self, key: str, value: str, ttl_ms: int) -> None:
        self._keys.values[key] = value, self._clock.now_ms() + ttl_ms
