"""Mistakes in the limiter whose bucket is in a store."""

from __future__ import annotations

from shaketable_targets.rate_limiters.store_limiter import StoreLimiter

_SOON_MS = 500


class ReadsThenWrites(StoreLimiter):
    """Reads what is left, and writes one less in a second command: in between others have read the same.

    tj/node-ratelimiter#19, langgenius/dify#39270; one script, as redis-developer's example has it since its pull request 640.
    """

    async def _ask(self, key: str) -> bool:
        left = await self.store.get(key, self.settings)
        if left < self.settings.period_ms:
            return False
        await self.store.set(key, left - self.settings.period_ms, self.settings)
        return True


class CountsForItself(StoreLimiter):
    """Keeps a bucket for each worker: with two of them twice as much is admitted.

    The default in-memory store behind a server with several processes.
    """

    async def _ask(self, key: str) -> bool:
        return await self.store.take(f"{self.worker}:{key}", self.settings)


class SendsItsOwnTime(StoreLimiter):
    """Sends the wall clock of its node along, and the script takes it for the time: two nodes that differ fill the bucket in turns.

    ARGV instead of TIME; scripts could not call TIME and write before Redis 5, and examples of that time are still copied.
    """

    async def _ask(self, key: str) -> bool:
        return await self.store.take_at(key, self.settings, round(self.clock.time_s() * 1_000))


class ExpiresTooSoon(StoreLimiter):
    """Gives the key less time to live than the bucket takes to fill: after half a second of silence it is full.

    A time to live that was copied from another limit.
    """

    async def _ask(self, key: str) -> bool:
        return await self.store.take(key, self.settings, _SOON_MS)


class OpensWithoutStore(StoreLimiter):
    """Admits a call that the store does not answer, although it is to refuse it: a catch-all that was meant well.

    What gateways do that would rather serve than limit; then it has to be declared.
    """

    async def admit(self, key: str) -> bool:
        try:
            return await self._ask(key)
        except (ConnectionError, TimeoutError):
            return True


class RaisesWithoutStore(StoreLimiter):
    """Lets the store's error out to its caller, which answers 500 to a request that was never too much.

    A limiter in the way of all calls whose store is one more thing that can be down.
    """

    async def admit(self, key: str) -> bool:
        return await self._ask(key)
