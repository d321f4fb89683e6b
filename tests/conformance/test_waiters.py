"""Who goes on first of those that wait for a row: what is lawful, counted on a real PostgreSQL.

Waiters queue in the order in which they came, each known to wait before the next one asks. If the row is as it was when its lock is given
up (a rollback, a SELECT FOR UPDATE), the first of the queue has it. If there is a new version, all go on to that one and race for it.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import asyncpg
import pytest

from tests.conformance.conftest import SCRIPTS

WAITERS = 3
ROUNDS = SCRIPTS or 40
WITHIN_S = 10.0
FIRST_COME = tuple(range(WAITERS))
HOLDS = {
    "rollback": ("UPDATE w SET n = n + 1", "ROLLBACK"),
    "read only": ("SELECT n FROM w FOR UPDATE", "COMMIT"),
    "new version": ("UPDATE w SET n = n + 1", "COMMIT"),
}


async def connected(port: int) -> asyncpg.Connection:
    return await asyncpg.connect(host="127.0.0.1", port=port, user="postgres", database="postgres", ssl=False)


async def waits(watcher: asyncpg.Connection, pid: int) -> None:
    """Wait until that backend waits for a lock."""
    async with asyncio.timeout(WITHIN_S):
        while not await watcher.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):
            pass


async def order_of(holder, waiters, watcher, hold: str) -> tuple[int, ...]:
    """Return in which order the waiters, numbered as they came, had the row."""
    take, end = HOLDS[hold]
    await watcher.execute("UPDATE w SET n = 0")
    await holder.execute("BEGIN")
    await holder.execute(take)
    came = []
    for waiter in waiters:
        came.append(asyncio.create_task(waiter.fetchval("UPDATE w SET n = n + 1 RETURNING n")))
        await waits(watcher, waiter.get_server_pid())
    await holder.execute(end)
    async with asyncio.timeout(WITHIN_S):
        had = await asyncio.gather(*came)
    return tuple(sorted(range(WAITERS), key=lambda number: had[number]))


async def counted(port: int, hold: str) -> Counter[tuple[int, ...]]:
    holder, watcher, *waiters = [await connected(port) for _ in range(2 + WAITERS)]
    try:
        await watcher.execute("DROP TABLE IF EXISTS w; CREATE TABLE w (n int); INSERT INTO w VALUES (0)")
        return Counter([await order_of(holder, waiters, watcher, hold) for _ in range(ROUNDS)])
    finally:
        for connection in (holder, watcher, *waiters):
            await connection.close()


@pytest.mark.parametrize("hold", HOLDS)
def test_who_waited_longest_goes_first_unless_all_follow_the_row_to_a_new_version(
    postgres_port, hold, record_property
):
    orders = asyncio.run(counted(postgres_port, hold))
    record_property(hold, str(dict(orders.most_common())))  # in the file of --junit-xml
    firsts = Counter(order[0] for order in orders.elements())
    if hold != "new version":
        assert set(firsts) == {0}
    assert orders.total() == ROUNDS
