"""Buckets in a Redis one round trip away, for asyncio: each script is one step, and either message of it may be lost."""

from __future__ import annotations

from dataclasses import dataclass, field

from shaketable_targets.rate_limiters.settings import Clock, Points, Settings


@dataclass
class Kept:
    """The hash of one key: what is left in parts of a call, when that was true, and when the key ends."""

    left: int
    at_ms: int
    until_ms: int


@dataclass
class Hashes:
    """What the server keeps."""

    of_key: dict[str, Kept] = field(default_factory=dict)


class BucketStore:
    """The scripts and commands of the limiters. ConnectionError and TimeoutError leave open whether one was executed."""

    def __init__(self, points: Points, clock: Clock) -> None:
        self._points = points
        self._clock = clock
        self._hashes: Hashes = points.durable("redis", Hashes)

    async def take(self, key: str, settings: Settings, ttl_ms: int = 0) -> bool:
        """Fill the bucket up by the server's time (TIME) and take one from it, in one script; return whether there was one.

        The key lives for as long as its bucket takes to fill, or for `ttl_ms`.
        """
        await self._points.reach("redis.request")
        now_ms = self._clock.now_ms()
        kept = self.refilled(key, settings, now_ms)
        admitted = kept.left >= settings.period_ms
        if admitted:
            kept.left -= settings.period_ms
        self.keep(key, kept, now_ms, ttl_ms or settings.full_ms)
        await self._points.reach("redis.reply")
        return admitted

    async def take_at(self, key: str, settings: Settings, now_ms: int) -> bool:
        """Take one by a time that the caller sends along, in one script."""
        await self._points.reach("redis.request")
        kept = self._found(key, now_ms) or Kept(settings.full, now_ms, 0)
        left = min(settings.full, kept.left + max(0, now_ms - kept.at_ms) * settings.rate)
        admitted = left >= settings.period_ms
        self._hashes.of_key[key] = Kept(left - admitted * settings.period_ms, now_ms, 2**53)
        await self._points.reach("redis.reply")
        return admitted

    async def get(self, key: str, settings: Settings) -> int:
        """Return what is left."""
        await self._points.reach("redis.request")
        left = self.refilled(key, settings, self._clock.now_ms()).left
        await self._points.reach("redis.reply")
        return left

    async def set(self, key: str, left: int, settings: Settings) -> None:
        """Set what is left."""
        await self._points.reach("redis.request")
        now_ms = self._clock.now_ms()
        self.keep(key, Kept(left, now_ms, 0), now_ms, settings.full_ms)
        await self._points.reach("redis.reply")

    def refilled(self, key: str, settings: Settings, now_ms: int) -> Kept:
        kept = self._found(key, now_ms)
        if kept is None:
            return Kept(settings.full, now_ms, 0)
        left = min(settings.full, kept.left + max(0, now_ms - kept.at_ms) * settings.rate)
        return Kept(left, max(now_ms, kept.at_ms), kept.until_ms)

    def keep(self, key: str, kept: Kept, now_ms: int, ttl_ms: int) -> None:
        kept.until_ms = now_ms + ttl_ms
        self._hashes.of_key[key] = kept

    def _found(self, key: str, now_ms: int) -> Kept | None:
        kept = self._hashes.of_key.get(key)
        return kept if kept is not None and kept.until_ms > now_ms else None
