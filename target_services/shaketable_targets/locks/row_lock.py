"""A lock that is one row, as ShedLock keeps it: who has it until when, by the database's time, and a fencing token beside."""

from __future__ import annotations

from functools import partial

from shaketable_targets.locks.lock_table import LockTable, Row
from shaketable_targets.locks.settings import Clock, Settings


class RowLock:
    """The lock as one node uses it. `token` is what its last acquire got, until it is given back or found to be lost."""

    def __init__(self, node: str, table: LockTable, clock: Clock, settings: Settings) -> None:
        self.node = node
        self.table = table
        self.clock = clock
        self.settings = settings
        self.token: int | None = None
        self.until_ms = 0
        """By the time that never steps: its lease is not over before, as it was asked for later than this was reckoned."""

    def acquire(self) -> int | None:
        """Take the lock; return the fencing token, or None while another has it. An error leaves the caller without it."""
        until_ms = self.clock.now_ms() + self.settings.lease_ms
        token = self.table.execute(self._take)
        if token is not None:
            self.token, self.until_ms = token, until_ms
        return token

    def release(self) -> bool:
        """Give the lock back; return False if it is not the caller's any more. After an error it can be called again."""
        token = self.token
        if token is None:
            return False
        freed = self.table.execute(partial(self._free, token))
        self.token = None
        return freed

    def extend(self) -> bool:
        """Take the lock for a full lease from now on; return False if it is not the caller's any more."""
        if self.token is None:
            return False
        until_ms = self.clock.now_ms() + self.settings.lease_ms
        extended = self.table.execute(partial(self._prolong, self.token))
        if extended:
            self.until_ms = until_ms
        return extended

    def holds(self) -> bool:
        """Tell, without asking the database, whether the lease that was granted last still runs."""
        return self.token is not None and self.clock.now_ms() < self.until_ms

    def _take(self, row: Row, now_ms: int) -> int | None:
        """Execute UPDATE locks SET owner, locked_at, lock_until, token = token + 1 WHERE lock_until <= now()."""
        if row.lock_until_ms > now_ms:
            return None
        row.owner, row.locked_at_ms, row.lock_until_ms = self.node, now_ms, now_ms + self.settings.lease_ms
        row.token += 1
        return row.token

    def _free(self, token: int, row: Row, now_ms: int) -> bool:
        """Execute UPDATE locks SET lock_until = greatest(now(), locked_at + at least) WHERE token = mine AND lock_until > now()."""
        if row.token != token or row.lock_until_ms <= now_ms:
            return False
        row.lock_until_ms = max(now_ms, row.locked_at_ms + self.settings.at_least_ms)
        return True

    def _prolong(self, token: int, row: Row, now_ms: int) -> bool:
        """Execute UPDATE locks SET lock_until = now() + lease WHERE token = mine AND lock_until > now()."""
        if row.token != token or row.lock_until_ms <= now_ms:
            return False
        row.lock_until_ms = now_ms + self.settings.lease_ms
        return True
