"""Adapters of our own limiters: two workers that share one process, or one store."""

from __future__ import annotations

from shaketable_targets.rate_limiters.bucket_store import BucketStore
from shaketable_targets.rate_limiters.settings import Clock, Points, Settings
from shaketable_targets.rate_limiters.store_limiter import StoreLimiter
from shaketable_targets.rate_limiters.token_buckets import TokenBuckets
from shaketable_targets.rate_limiters.waiting_bucket import WaitingBucket, WaitingBuckets


class TokenBucketsAdapter:
    """Both workers are threads of one process."""

    def __init__(self, clock: Clock, make: type[TokenBuckets], settings: Settings) -> None:
        self._limiter = make(clock, settings)

    def admit(self, key: str, worker: str) -> bool:
        return self._limiter.admit(key)


class WaitingBucketAdapter:
    """Both workers are tasks of one process; `make` is the bucket of one key."""

    def __init__(self, clock: Clock, make: type[WaitingBucket], settings: Settings) -> None:
        self._limiter = WaitingBuckets(clock, settings, make)

    async def admit(self, key: str, worker: str) -> bool:
        return await self._limiter.admit(key)


class StoreLimiterAdapter:
    """`make` is the limiter of one worker; each worker has a clock of its own, and the store too."""

    def __init__(self, clock: Clock, points: Points, make: type[StoreLimiter], settings: Settings) -> None:
        store = BucketStore(points, clock)
        self._limiters = {worker: make(worker, store, clock.node(worker), settings) for worker in ("a", "b")}

    async def admit(self, key: str, worker: str) -> bool:
        return await self._limiters[worker].admit(key)
