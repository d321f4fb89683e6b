"""Token buckets of one process, one for each key, for threads."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from shaketable_targets.rate_limiters.settings import Clock, Settings

_KEPT_MAX = 1_000
"""More buckets than this are looked through for full ones, which are as good as none."""


@dataclass
class Bucket:
    """What is left, in parts of a call, and when that was true."""

    left: int
    at_ms: int


class TokenBuckets:
    """Admits a call if its bucket holds one. Whatever is less than a call is kept for the next time."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self.clock = clock
        self.settings = settings
        self._lock = threading.Lock()
        self.buckets: dict[str, Bucket] = {}

    def admit(self, key: str) -> bool:
        """Take one from the bucket of this key; return False, and take nothing, if there is none."""
        with self._lock:
            return self._take(self._bucket(key))

    def _bucket(self, key: str) -> Bucket:
        now_ms = self._now_ms()
        bucket = self.buckets.get(key)
        if bucket is None:
            self._forget_full(now_ms)
            bucket = self.buckets[key] = Bucket(self.settings.full, now_ms)
        else:
            self._refill(bucket, now_ms)
        return bucket

    def _now_ms(self) -> int:
        return self.clock.now_ms()

    def _refill(self, bucket: Bucket, now_ms: int) -> None:
        passed_ms = max(0, now_ms - bucket.at_ms)
        bucket.left = min(self.settings.full, bucket.left + passed_ms * self.settings.rate)
        bucket.at_ms = max(now_ms, bucket.at_ms)

    def _take(self, bucket: Bucket) -> bool:
        if bucket.left < self.settings.period_ms:
            return False
        bucket.left -= self.settings.period_ms
        return True

    def _forget_full(self, now_ms: int) -> None:
        if len(self.buckets) >= _KEPT_MAX:
            for key, bucket in list(self.buckets.items()):
                self._refill(bucket, now_ms)
                if bucket.left >= self.settings.full:
                    del self.buckets[key]
