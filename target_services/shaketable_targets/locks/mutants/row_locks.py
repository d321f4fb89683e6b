"""Mistakes in the row lock."""

from __future__ import annotations

from functools import partial

from shaketable_targets.locks.lock_table import Row
from shaketable_targets.locks.row_lock import RowLock


class ReleasesAnyOwner(RowLock):
    """Sets lock_until back for the name alone and never asks whose it is.

    Met where a lock's value is a constant that a plain delete removes, as in superset's and twenty's (apache/superset#43462,
    twentyhq/twenty#25661): a holder that comes back late frees its successor's lock.
    """

    def release(self) -> bool:
        return self.table.execute(partial(self._free, 0))

    def _free(self, token: int, row: Row, now_ms: int) -> bool:
        row.lock_until_ms = max(now_ms, row.locked_at_ms + self.settings.at_least_ms)
        return True


class ExtendsWhatIsOver(RowLock):
    """Extends by the name alone, whether or not the lease is over or another's.

    The opposite of what ShedLock's extend asks of its row, and what cozy-stack's renewal did not look at (linagora/cozy-stack#4911).
    """

    def _prolong(self, token: int, row: Row, now_ms: int) -> bool:
        row.lock_until_ms = now_ms + self.settings.lease_ms
        return True


class ShortensOnFailure(RowLock):
    """Writes its own, shorter end into the row before it looks whether the row is free.

    An upsert whose SET is not guarded by the owner: each try of another sets the end anew.
    """

    def _take(self, row: Row, now_ms: int) -> int | None:
        token = super()._take(row, now_ms)
        if token is None:
            row.lock_until_ms = min(row.lock_until_ms, now_ms + self.settings.lease_ms // 2)
        return token


class GoesByItsOwnClock(RowLock):
    """Compares lock_until with the wall clock of its node, and writes it by that.

    ShedLock's JDBC provider without usingDbTime (lukas-krecan/ShedLock#231): a node whose clock is ahead finds every lease over.
    """

    def _now_ms(self) -> int:
        return round(self.clock.time_s() * 1000) - 1_700_000_000_000

    def _take(self, row: Row, now_ms: int) -> int | None:
        return super()._take(row, self._now_ms())

    def _free(self, token: int, row: Row, now_ms: int) -> bool:
        return super()._free(token, row, self._now_ms())

    def _prolong(self, token: int, row: Row, now_ms: int) -> bool:
        return super()._prolong(token, row, self._now_ms())


class LooksThenTakes(RowLock):
    """Selects the row, and updates it in a second statement that asks nothing any more.

    Between the two another has taken it; the plain read of a check before an act, as in any lock that is two statements.
    """

    def acquire(self) -> int | None:
        until_ms = self.clock.now_ms() + self.settings.lease_ms
        if not self.table.execute(lambda row, now_ms: row.lock_until_ms <= now_ms):
            return None
        self.token, self.until_ms = self.table.execute(self._write), until_ms
        return self.token

    def _write(self, row: Row, now_ms: int) -> int:
        row.lock_until_ms = 0
        token = self._take(row, now_ms)
        assert token is not None
        return token


class ForgetsAtLeast(RowLock):
    """Sets lock_until to now when it is released, although lockAtLeastFor is not over.

    A job that took a millisecond then runs again on the next node, whose schedule is a second late: what lockAtLeastFor was made
    for (lukas-krecan/ShedLock#7).
    """

    def _free(self, token: int, row: Row, now_ms: int) -> bool:
        freed = super()._free(token, row, now_ms)
        if freed:
            row.lock_until_ms = now_ms
        return freed


class CountsFromOne(RowLock):
    """Deletes the row when it is released, so that the next one's token counts from 1 again.

    A token that is kept in what a release removes is not monotone (M. Kleppmann, How to do distributed locking, 2016).
    """

    def _free(self, token: int, row: Row, now_ms: int) -> bool:
        freed = super()._free(token, row, now_ms)
        if freed:
            row.token = 0
        return freed


class ForgetsBeforeRelease(RowLock):
    """Forgets its token before the statement that frees the lock: when that fails there is nothing to release any more.

    redis-py's own sync lock did so until its pull request 4258.
    """

    def release(self) -> bool:
        token, self.token = self.token, None
        return token is not None and self.table.execute(partial(self._free, token))


class TakesSilenceForYes(RowLock):
    """Says that it has the lock when the database does not answer, so that jobs go on while it is down.

    Failing open, as a rate limiter may and a lock may not.
    """

    def acquire(self) -> int | None:
        until_ms = self.clock.now_ms() + self.settings.lease_ms
        try:
            return super().acquire()
        except (ConnectionError, TimeoutError):
            self.token, self.until_ms = 2**31, until_ms
            return self.token


class NeverExpires(RowLock):
    """Takes a row that has no owner, and never one whose lease is over: what a dead holder has stays its own.

    A lock without a time to live; the way out is to delete it by hand (redis/redis-py#962).
    """

    def _take(self, row: Row, now_ms: int) -> int | None:
        return None if row.owner else super()._take(row, now_ms)

    def _free(self, token: int, row: Row, now_ms: int) -> bool:
        freed = super()._free(token, row, now_ms)
        if freed:
            row.owner = ""
        return freed


class BelievesBeforeItAsks(RowLock):
    """Notes that it has the lock before it asks for it, and does not take that back when the answer is no.

    A flag that is set first, so that another thread of the same node sees it early.
    """

    def acquire(self) -> int | None:
        self.token, self.until_ms = self.token or 2**31, self.clock.now_ms() + self.settings.lease_ms
        return super().acquire()


class BelievesForEver(RowLock):
    """Goes by a flag: it has the lock from acquire to release, whatever time has passed.

    isHeld of a lock object that no one tells of the end of its lease, as asked for in redisson/redisson#4698.
    """

    def holds(self) -> bool:
        return self.token is not None
