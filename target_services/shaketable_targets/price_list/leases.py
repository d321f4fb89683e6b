"""The lock of the workers: a row of PostgreSQL by the database's time, or a key of Redis that expires."""

from __future__ import annotations

from typing import Protocol, cast

import redis

from shaketable_targets.price_list.settings import (
    LEASE_MS,
    LOCK,
    PATIENCE_S,
    REDIS_HOST,
    REDIS_PORT,
    TOKENS,
)
from shaketable_targets.threaded.database import Database

_TAKE = """
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return redis.call('INCR', KEYS[2]) end
return 0
"""
_GIVE_BACK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class Lease(Protocol):
    """One at a time may hold it, for LEASE_MS at most."""

    def take(self, run: str) -> int:
        """Return a fencing token, or 0 while another has it. An error leaves the caller without it."""
        ...

    def give_back(self, run: str) -> None: ...


class RowLease:
    """The row `refresh` of `locks`, as ShedLock keeps it, and a count beside."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, run: str) -> int:
        with self._database.transaction() as connection:
            row = connection.execute(
                "UPDATE locks SET run = %s, token = token + 1, lock_until = now() + %s * interval '1 ms' "
                "WHERE name = 'refresh' AND lock_until <= now() RETURNING token",
                (run, LEASE_MS),
            ).fetchone()
        return row[0] if row else 0

    def give_back(self, run: str) -> None:
        reset = ", token = 0" if TOKENS == "reset" else ""
        with self._database.transaction() as connection:
            connection.execute(
                f"UPDATE locks SET lock_until = now(){reset} WHERE name = 'refresh' AND run = %s", (run,)
            )


class KeyLease:
    """The key `refresh`, and a count beside that never expires."""

    def __init__(self) -> None:
        self._redis = redis.Redis(
            REDIS_HOST, REDIS_PORT, protocol=2, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S
        )

    def take(self, run: str) -> int:
        return cast("int", self._redis.eval(_TAKE, 2, "refresh", "refresh:token", run, str(LEASE_MS)))

    def give_back(self, run: str) -> None:
        self._redis.eval(_GIVE_BACK, 1, "refresh", run)


def lease(database: Database) -> Lease:
    """Return the lock that the settings name."""
    return KeyLease() if LOCK == "redis" else RowLease(database)
