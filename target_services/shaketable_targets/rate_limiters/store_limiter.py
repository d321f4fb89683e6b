"""A token bucket in a store that all workers share, and what a worker does without it."""

from __future__ import annotations

from shaketable_targets.rate_limiters.bucket_store import BucketStore
from shaketable_targets.rate_limiters.settings import Clock, Settings


class StoreLimiter:
    """The limiter as one worker uses it. It has no state of its own, and goes by the store's time."""

    def __init__(self, worker: str, store: BucketStore, clock: Clock, settings: Settings) -> None:
        self.worker = worker
        self.store = store
        self.clock = clock
        self.settings = settings

    async def admit(self, key: str) -> bool:
        """Tell whether the call is admitted; without an answer of the store, whether the settings say so."""
        try:
            return await self._ask(key)
        except (ConnectionError, TimeoutError):
            return self.settings.fails_open

    async def _ask(self, key: str) -> bool:
        return await self.store.take(key, self.settings)
