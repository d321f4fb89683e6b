"""Mistakes in the token buckets of one process."""

from __future__ import annotations

from shaketable_targets.rate_limiters.settings import Clock, Settings
from shaketable_targets.rate_limiters.token_buckets import Bucket, TokenBuckets

_KEPT_MS = 3_000


class FillsBeyondTheBurst(TokenBuckets):
    """Adds what the time has brought and never caps it at the burst: a silence is saved up.

    What a cap that is forgotten, or reckoned from a stale start, does: a bucket that was idle admits far too much
    (status-im/nim-chronos#500).
    """

    def _refill(self, bucket: Bucket, now_ms: int) -> None:
        bucket.left += (now_ms - bucket.at_ms) * self.settings.rate
        bucket.at_ms = now_ms


class FillsUpAtOnce(TokenBuckets):
    """Fills the bucket up once the time of a refill has passed, which is a fixed window: twice the burst at its edge.

    Found in review where a bucket was meant (grafana/mcp-grafana#854).
    """

    def _refill(self, bucket: Bucket, now_ms: int) -> None:
        if now_ms - bucket.at_ms >= self.settings.full_ms:
            bucket.left, bucket.at_ms = self.settings.full, now_ms


class ForgetsBusyKeys(TokenBuckets):
    """Drops a bucket three seconds after it was made, used or not: the next call finds a full one.

    A time to live that is set once, at the first call, as in a cache of limiters that expires after it was written.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        super().__init__(clock, settings)
        self._made_ms: dict[str, int] = {}

    def _bucket(self, key: str) -> Bucket:
        now_ms = self._now_ms()
        if now_ms - self._made_ms.get(key, now_ms) >= _KEPT_MS:
            del self.buckets[key], self._made_ms[key]
        self._made_ms.setdefault(key, now_ms)
        return super()._bucket(key)


class TakesFromTheRefused(TokenBuckets):
    """Takes first and looks then: each refused call puts the bucket deeper into debt.

    Counting before the decision, as upstash/ratelimit-js did in all its algorithms until its pull request 161.
    """

    def _take(self, bucket: Bucket) -> bool:
        bucket.left -= self.settings.period_ms
        return bucket.left >= 0


class LosesFractions(TokenBuckets):
    """Adds whole calls only, and notes that it has refilled up to now: what is less than a call is lost each time.

    kent8192/reinhardt-web#2246, apache/polaris#3433; a caller that asks often enough is never admitted again.
    """

    def _refill(self, bucket: Bucket, now_ms: int) -> None:
        whole = (now_ms - bucket.at_ms) * self.settings.rate // self.settings.period_ms
        bucket.left = min(self.settings.full, bucket.left + whole * self.settings.period_ms)
        bucket.at_ms = now_ms


class RefillsBySeconds(TokenBuckets):
    """Refills at most once a second, whatever the rate: calls in between find nothing of what has come back.

    symfony/symfony#47676.
    """

    def _refill(self, bucket: Bucket, now_ms: int) -> None:
        seconds = (now_ms - bucket.at_ms) // 1_000
        if seconds:
            super()._refill(bucket, bucket.at_ms + seconds * 1_000)


class GoesByTheWallClock(TokenBuckets):
    """Takes the time of the day: a clock that is set ahead fills every bucket, one that is set back keeps them empty.

    time.time() where time.monotonic() is meant.
    """

    def _now_ms(self) -> int:
        return round(self.clock.time_s() * 1_000)


class SharesOneBucket(TokenBuckets):
    """Makes one bucket for all keys: a busy caller has the others refused.

    A limiter made once for the route where one for each caller was meant.
    """

    def _bucket(self, key: str) -> Bucket:
        return super()._bucket("")
