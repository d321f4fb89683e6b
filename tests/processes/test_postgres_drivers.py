"""asyncpg and psycopg through the tap to a real PostgreSQL: what is a boundary, and a transaction that is rolled back."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import asyncpg
import psycopg
import pytest

from shaketable.fault import PoolExhausted, Rollback, SqlState
from shaketable.history import History
from shaketable.network.link_state import LinkState
from shaketable.real.tap.edge import Edge
from shaketable.real.tap.postgres import PostgresFramer
from shaketable.real.tap.switchboard import Switchboard
from tests.processes.started import POSTGRES, needs_the_extra, started
from tests.processes.test_redis_transactions import NoPower

pytestmark = needs_the_extra

SCHEMA = """
CREATE TABLE kept (id int PRIMARY KEY);
CREATE TABLE undone (id int PRIMARY KEY);
INSERT INTO kept SELECT generate_series(1, 9)"""
ERRORS: dict[SqlState, tuple[type[Exception], type[Exception]]] = {
    "40001": (asyncpg.SerializationError, psycopg.errors.SerializationFailure),
    "40P01": (asyncpg.DeadlockDetectedError, psycopg.errors.DeadlockDetected),
    "57014": (asyncpg.QueryCanceledError, psycopg.errors.QueryCanceled),
}
LINK = ("shop", "postgres")
ENDS: dict[SqlState, tuple[type[Exception], str]] = {
    "25P03": (psycopg.errors.IdleInTransactionSessionTimeout, "idle-in-transaction timeout"),
    "57P01": (psycopg.errors.AdminShutdown, "administrator command"),
}


class Tapped:
    """A database behind an edge: the boundaries that passed it, and a client past it."""

    def __init__(self, edge: Edge, board: Switchboard, history: History, port: int, direct: Any) -> None:
        self.port = port
        self.direct = direct
        self._edge = edge
        self._board = board
        self._history = history

    @property
    def crossed(self) -> list[str]:
        """Its boundaries so far, without the parties."""
        return [str(boundary).partition(" ")[2] for boundary in self._board.crossed or ()]

    @property
    def receipts(self) -> int:
        return sum(event.kind == "receipt" for event in self._history)

    def arm(self, at: str, sqlstate: SqlState) -> None:
        """Let the statement at `at` (without the parties) roll its transaction back."""
        fault = Rollback(at=f"shop>postgres {at}", leg="request", sqlstate=sqlstate)
        self._board.arming.arm(fault, self._history.add(0, "fault", "shop", "rollback"))

    def exhaust(self) -> None:
        """Let the database have no session from now on."""
        event = self._history.add(0, "fault", "shop", "pool_exhausted")
        fault = PoolExhausted(sender="shop", receiver="postgres", for_ms=1_000)
        self._board.links[LINK] = [LinkState(fault, event)]

    def recover(self) -> None:
        self._board.links.clear()

    async def asyncpg(self) -> Any:
        return await asyncpg.connect(
            host="127.0.0.1", port=self.port, user="postgres", database="shop", ssl=False
        )

    async def psycopg(self, **options: Any) -> Any:
        return await psycopg.AsyncConnection.connect(
            f"host=127.0.0.1 port={self.port} user=postgres dbname=shop sslmode=disable gssencmode=disable",
            **options,
        )

    async def rows(self, table: str) -> list[int]:
        return [
            row["id"] for row in await self.direct.fetch(f"SELECT id FROM {table} WHERE id > 9 ORDER BY id")
        ]


def tapped(story: Callable[[Tapped], Awaitable[None]]) -> None:
    async def play() -> None:
        async with started(POSTGRES) as launcher:
            host, port = launcher.address("postgres")
            admin = await asyncpg.connect(
                host=host, port=port, user="postgres", database="postgres", ssl=False
            )
            await admin.execute("CREATE DATABASE shop")
            await admin.close()
            direct = await asyncpg.connect(host=host, port=port, user="postgres", database="shop", ssl=False)
            await direct.execute(SCHEMA)
            history = History()
            board = Switchboard(NoPower(), lambda: 0, lambda key: key)
            board.begin(history, frozenset(), trace=True)
            is_refused = partial(board.refuses_session, *LINK)
            framer = partial(PostgresFramer, refuses_session=is_refused)
            edge = Edge(*LINK, (host, port), framer, board)
            try:
                await story(Tapped(edge, board, history, await edge.open(), direct))
            finally:
                await direct.close()
                await edge.close()

    asyncio.run(asyncio.wait_for(play(), 60))


def test_with_asyncpg_a_savepoint_a_cursor_and_a_copy_are_named():
    async def story(shop: Tapped) -> None:
        client = await shop.asyncpg()
        async with client.transaction():
            await client.execute("INSERT INTO kept VALUES ($1)", 10)
            nested = client.transaction()
            await nested.start()
            await client.execute("INSERT INTO undone VALUES ($1)", 10)
            await nested.rollback()
        assert shop.crossed == ["INSERT kept #1", "INSERT undone #1", "COMMIT kept #1"]
        async with client.transaction():
            assert len([row async for row in client.cursor("SELECT id FROM kept", prefetch=4)]) == 10
        assert shop.crossed[3:] == ["SELECT kept #1", "FETCH kept #1", "FETCH kept #2"]
        await client.copy_from_query("SELECT id FROM kept", output=io.BytesIO())
        await client.copy_from_table("kept", output=io.BytesIO())
        await client.copy_records_to_table("undone", records=[(20,)])
        assert shop.crossed[6:] == ["COPY_OUT kept #1", "COPY_OUT kept #2", "COPY undone #1"]
        await client.close()

    tapped(story)


def test_with_psycopg_a_savepoint_a_cursor_and_a_copy_are_named():
    async def story(shop: Tapped) -> None:
        async with await shop.psycopg() as client:
            await client.execute("INSERT INTO kept VALUES (%s)", (10,))
            async with client.transaction():
                await client.execute("INSERT INTO undone VALUES (%s)", (10,))
                raise psycopg.Rollback
            await client.commit()
            assert shop.crossed == ["INSERT kept #1", "INSERT undone #1", "COMMIT kept #1"]
            async with client.cursor(name="many") as cursor:
                await cursor.execute("SELECT id FROM kept")
                assert len(await cursor.fetchmany(4)) == 4
                assert len(await cursor.fetchall()) == 6
            assert shop.crossed[3:] == ["DECLARE kept #1", "FETCH kept #1", "FETCH kept #2"]
            async with client.cursor().copy("COPY kept TO STDOUT") as rows:
                assert len([row async for row in rows.rows()]) == 10
            assert shop.crossed[6:] == ["COPY_OUT kept #1"]
            await client.rollback()

    tapped(story)


@pytest.mark.parametrize("sqlstate", ERRORS)
def test_with_asyncpg_a_transaction_is_rolled_back_at_a_statement_and_at_commit(sqlstate):
    async def story(shop: Tapped) -> None:
        error = ERRORS[sqlstate][0]
        client = await shop.asyncpg()
        shop.arm("INSERT undone #1", sqlstate)
        await client.execute("BEGIN")
        await client.execute("INSERT INTO kept VALUES ($1)", 10)
        with pytest.raises(error):
            await client.execute("INSERT INTO undone VALUES ($1)", 10)
        await shop.direct.execute(
            "INSERT INTO kept VALUES (10)"
        )  # would wait for one that still held its row
        with pytest.raises(asyncpg.InFailedSQLTransactionError):
            await client.execute("INSERT INTO undone VALUES ($1)", 11)
        assert await client.execute("COMMIT") == "ROLLBACK"
        shop.arm("COMMIT kept #2", sqlstate)
        with pytest.raises(error):
            async with client.transaction():
                await client.execute("INSERT INTO kept VALUES ($1)", 12)
        async with client.transaction():
            await client.execute("INSERT INTO kept VALUES ($1)", 13)
        assert await shop.rows("kept") == [10, 13]
        assert await shop.rows("undone") == []
        assert shop.receipts == 2
        await client.close()

    tapped(story)


@pytest.mark.parametrize("sqlstate", ERRORS)
def test_with_psycopg_a_transaction_is_rolled_back_at_a_statement_and_at_commit(sqlstate):
    async def story(shop: Tapped) -> None:
        error = ERRORS[sqlstate][1]
        async with await shop.psycopg(prepare_threshold=0) as client:
            shop.arm("INSERT undone #1", sqlstate)
            shop.arm("COMMIT kept #1", sqlstate)
            await client.execute("INSERT INTO kept VALUES (%s)", (10,))
            with pytest.raises(error):
                await client.execute("INSERT INTO undone VALUES (%s)", (10,))
            await shop.direct.execute("INSERT INTO kept VALUES (10)")
            with pytest.raises(psycopg.errors.InFailedSqlTransaction):
                await client.execute("INSERT INTO undone VALUES (%s)", (11,))
            await client.rollback()
            await client.execute("INSERT INTO kept VALUES (%s)", (12,))
            with pytest.raises(error):
                await client.commit()
            assert client.info.transaction_status is psycopg.pq.TransactionStatus.IDLE
            await client.execute("INSERT INTO kept VALUES (%s)", (13,))
            await client.commit()
        assert await shop.rows("kept") == [10, 13]
        assert await shop.rows("undone") == []
        assert shop.receipts == 2

    tapped(story)


@pytest.mark.parametrize("sqlstate", ENDS)
def test_a_session_that_ends_is_told_to_both_drivers_and_leaves_neither_row_nor_lock(sqlstate):
    async def story(shop: Tapped) -> None:
        ends_psycopg, said = ENDS[sqlstate]
        client = await shop.asyncpg()
        shop.arm("INSERT undone #1", sqlstate)
        await client.execute("BEGIN")
        await client.execute("INSERT INTO kept VALUES ($1)", 10)
        with pytest.raises(asyncpg.ConnectionDoesNotExistError, match=said):
            await client.execute("INSERT INTO undone VALUES ($1)", 10)
        assert client.is_closed()
        await shop.direct.execute("INSERT INTO kept VALUES (10)")
        shop.arm("COMMIT kept #1", sqlstate)
        other = await shop.psycopg()
        await other.execute("INSERT INTO kept VALUES (%s)", (11,))
        with pytest.raises(ends_psycopg):
            await other.commit()
        assert other.closed
        assert (await shop.rows("kept"), await shop.rows("undone")) == ([10], [])
        assert shop.receipts == 2

    tapped(story)


def test_an_idle_transaction_ends_only_where_one_is_open():
    async def story(shop: Tapped) -> None:
        shop.arm("INSERT kept #1", "25P03")
        client = await shop.asyncpg()
        await client.execute("BEGIN; INSERT INTO kept VALUES (10); COMMIT")
        assert (await shop.rows("kept"), shop.receipts) == ([10], 0)
        await client.close()

    tapped(story)


def test_a_database_without_sessions_is_told_to_both_drivers_and_lets_what_has_begun_go_on():
    async def story(shop: Tapped) -> None:
        begun, idle, other = await shop.asyncpg(), await shop.asyncpg(), await shop.psycopg()
        await begun.execute("BEGIN")
        await begun.execute("INSERT INTO kept VALUES (10)")
        shop.exhaust()
        with pytest.raises(asyncpg.TooManyConnectionsError, match="too many clients"):
            await shop.asyncpg()
        with pytest.raises(psycopg.OperationalError, match="too many clients"):
            await shop.psycopg()
        with pytest.raises(asyncpg.ConnectionDoesNotExistError, match="too many clients"):
            await idle.execute("BEGIN")
        with pytest.raises(psycopg.errors.TooManyConnections):
            await other.execute("INSERT INTO kept VALUES (%s)", (11,))
        assert idle.is_closed()
        assert other.closed
        await begun.execute("INSERT INTO kept VALUES (12)")
        await begun.execute("COMMIT")
        with pytest.raises(asyncpg.ConnectionDoesNotExistError, match="too many clients"):
            await begun.execute("INSERT INTO kept VALUES (13)")
        assert (await shop.rows("kept"), shop.receipts) == ([10, 12], 1)
        shop.recover()
        again = await shop.psycopg(autocommit=True)
        await again.execute("INSERT INTO kept VALUES (%s)", (14,))
        assert await shop.rows("kept") == [10, 12, 14]
        await again.close()

    tapped(story)


def test_with_psycopg_s_pipeline_and_without_a_transaction_it_is_the_statement_that_fails():
    async def story(shop: Tapped) -> None:
        async with await shop.psycopg(autocommit=True) as client:
            shop.arm("INSERT kept #1", "40001")
            with pytest.raises(psycopg.errors.SerializationFailure):
                await client.execute("INSERT INTO kept VALUES (%s)", (10,))
            await client.execute("INSERT INTO kept VALUES (%s)", (11,))
            shop.arm("INSERT undone #1", "40P01")
            with pytest.raises(psycopg.errors.DeadlockDetected):
                await _in_a_pipeline(client)
            await client.execute("INSERT INTO kept VALUES (%s)", (13,))
        assert await shop.rows("kept") == [11, 13]
        assert await shop.rows("undone") == []
        assert shop.receipts == 2

    tapped(story)


async def _in_a_pipeline(client: Any) -> None:
    async with client.pipeline(), client.transaction():
        await client.execute("INSERT INTO kept VALUES (%s)", (12,))
        await client.execute("INSERT INTO undone VALUES (%s)", (12,))
