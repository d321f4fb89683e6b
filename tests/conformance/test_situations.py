"""Known situations of concurrent transactions, on a real PostgreSQL and on the model: both do what is expected, alike."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import asyncpg
import pytest

from tests.conformance.conftest import SCRIPTS
from tests.conformance.model import judge
from tests.conformance.recording import Recording, record
from tests.conformance.scripts import CLIENTS, Script
from tests.conformance.sessions import PostgresBench
from tests.conformance.situations import ALL, Situation

WAITERS = 3
ROUNDS = SCRIPTS or 40
WITHIN_S = 10.0
FIRST_COME = tuple(range(WAITERS))
HOLDS = {
    "rollback": ("UPDATE w SET n = n + 1", "ROLLBACK"),
    "read only": ("SELECT n FROM w FOR UPDATE", "COMMIT"),
    "new version": ("UPDATE w SET n = n + 1", "COMMIT"),
}


@pytest.mark.parametrize("situation", ALL, ids=lambda situation: situation.name)
def test_what_is_expected_happens_on_both(postgres_port: int, situation: Situation) -> None:
    recording = asyncio.run(_record(postgres_port, situation.script))
    errors = Counter(answer[1] for answer in _answers(recording) if answer[0] == "error")
    assert errors == situation.errors
    assert recording.waits == situation.waits
    assert {row["id"]: row["stock"] for row in recording.rows["items"]} == situation.stocks
    judgement = judge(situation.script, recording)
    assert not judgement.difference, f"{judgement.difference}: {situation.script.as_json()}"


def test_each_has_a_name_of_its_own() -> None:
    assert len({situation.name for situation in ALL}) == len(ALL)


@pytest.mark.parametrize("hold", HOLDS)
def test_who_waited_longest_goes_first_unless_all_follow_the_row_to_a_new_version(
    postgres_port: int, hold: str, record_property: Callable[[str, object], None]
) -> None:
    """Each is known to wait before the next one asks. A row that is as it was (a rollback, a lock alone) is had by the first of the queue; to a
    new version all of them go on, and race.
    """
    orders = asyncio.run(_counted(postgres_port, hold))
    record_property(hold, str(dict(orders.most_common())))  # in the file of --junit-xml
    firsts = Counter(order[0] for order in orders.elements())
    if hold != "new version":
        assert set(firsts) == {0}
    assert orders.total() == ROUNDS


def _answers(recording: Recording) -> list[tuple[object, ...]]:
    return [answer for seen in recording.steps for answer in (seen.answer, *seen.ended.values())]


async def _record(port: int, script: Script) -> Recording:
    bench = PostgresBench(port)
    await bench.open(CLIENTS)
    try:
        return await record(bench, script)
    finally:
        await bench.close()


async def _connected(port: int) -> asyncpg.Connection:
    return await asyncpg.connect(host="127.0.0.1", port=port, user="postgres", database="postgres", ssl=False)


async def _waits(watcher: asyncpg.Connection, pid: int) -> None:
    """Wait until that backend waits for a lock."""
    async with asyncio.timeout(WITHIN_S):
        while not await watcher.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):
            pass


async def _order_of(
    holder: asyncpg.Connection, waiters: list[asyncpg.Connection], watcher: asyncpg.Connection, hold: str
) -> tuple[int, ...]:
    """Return in which order the waiters, numbered as they came, had the row."""
    take, end = HOLDS[hold]
    await watcher.execute("UPDATE w SET n = 0")
    await holder.execute("BEGIN")
    await holder.execute(take)
    came = []
    for waiter in waiters:
        came.append(asyncio.create_task(waiter.fetchval("UPDATE w SET n = n + 1 RETURNING n")))
        await _waits(watcher, waiter.get_server_pid())
    await holder.execute(end)
    async with asyncio.timeout(WITHIN_S):
        had = await asyncio.gather(*came)
    return tuple(sorted(range(WAITERS), key=lambda number: had[number]))


async def _counted(port: int, hold: str) -> Counter[tuple[int, ...]]:
    holder, watcher, *waiters = [await _connected(port) for _ in range(2 + WAITERS)]
    try:
        await watcher.execute("DROP TABLE IF EXISTS w; CREATE TABLE w (n int); INSERT INTO w VALUES (0)")
        return Counter([await _order_of(holder, waiters, watcher, hold) for _ in range(ROUNDS)])
    finally:
        for connection in (holder, watcher, *waiters):
            await connection.close()
