"""The replication slots of a system: made with its tables, and brought to the beginning of each run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import asyncpg

from shaketable.commits.slot import Slot
from shaketable.real.bounded_waits import wait_until

PLUGIN = "pgoutput"
_FREE_WITHIN_S = 10
_MAKE = "SELECT pg_create_logical_replication_slot($1, $2)"
_OTHERS = (
    "SELECT slot_name::text FROM pg_replication_slots "
    "WHERE database = current_database() AND slot_type = 'logical' AND NOT temporary AND slot_name <> $1 ORDER BY 1"
)
_MOVE = "SELECT pg_replication_slot_advance($1, pg_current_wal_flush_lsn())"


async def make(connection: asyncpg.Connection[Any], slots: Sequence[Slot]) -> None:
    """Make the slots that a system declares."""
    for slot in slots:
        await connection.execute(_MAKE, slot.name, PLUGIN)


async def leave_behind(connection: asyncpg.Connection[Any], own: str) -> None:
    """Move every slot of this database but `own` to the end of the log, for good: no run reads what another committed.

    A server that lost power would bring a slot back to where the last checkpoint saw it, so that there has to be one. A slot
    that a process of the system reads at this moment is waited for.
    """
    names = [str(name) for (name,) in await connection.fetch(_OTHERS, own)]
    for name in names:

        async def is_moved(name: str = name) -> bool:
            try:
                await connection.execute(_MOVE, name)
            except asyncpg.ObjectInUseError:
                return False
            return True

        await wait_until(is_moved, within_s=_FREE_WITHIN_S, what=f"replication slot {name!r} to be free")
    if names:
        await connection.execute("CHECKPOINT")
