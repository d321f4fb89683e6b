"""The oracle on the commits, on a real PostgreSQL: what a team's own schema may ask of it."""

import asyncio
import random

import asyncpg
import pytest

from shaketable.errors import UsageError
from shaketable.real.oracles.commits import CommitLog
from shaketable.real.oracles.starting_rows import children_first
from shaketable.subject import DatabaseSpec, Table
from tests.processes.started import POSTGRES, needs_the_extra, run, started

SHOP = "shop"
SCHEMA = """
CREATE TABLE orders (id text PRIMARY KEY, note text, paid boolean NOT NULL DEFAULT false);
CREATE TABLE items (id text PRIMARY KEY, of_order text NOT NULL REFERENCES orders);
CREATE TABLE counts (n integer NOT NULL);
"""
ORDERS, ITEMS = (
    Table("orders", ("id",), rows=({"id": "first", "note": "there from the start", "paid": False},)),
    Table("items", ("id",), rows=({"id": "1", "of_order": "first"},)),
)
LONG = random.Random(1).randbytes(8_000).hex()  # too long for its page, and not to be compressed

pytestmark = needs_the_extra


async def made(log: CommitLog, schema: str) -> None:
    """Make the database, and begin to watch it."""
    await log.create({SHOP: schema})
    await log.watch()


def test_any_schema_is_emptied_and_read_without_disturbing_whoever_writes():
    async def story() -> None:
        async with started(POSTGRES) as launcher:
            host, port = launcher.address("postgres")
            log = CommitLog(host, port, (DatabaseSpec(SHOP, (ORDERS, ITEMS)),))
            await made(log, SCHEMA)
            service = await asyncpg.connect(host=host, port=port, user="postgres", database=SHOP, ssl=False)
            try:
                await service.execute("INSERT INTO counts VALUES (0)")
                for _ in range(2):
                    await log.reset()
                    await service.execute("INSERT INTO orders VALUES ('o', $1)", LONG)
                    await service.execute("INSERT INTO items VALUES ('i', 'o')")
                    await service.execute("UPDATE orders SET paid = true WHERE id = 'o'")
                    await service.execute("UPDATE counts SET n = n + 1")  # of a table that is not declared
                    rows = [row for _, commit in await log.read() for _, _, row in commit.writes]
                    assert [row.get("note") for row in rows] == [LONG, None, LONG, None]
                    assert rows[2]["paid"] is True
            finally:
                await service.close()
                await log.close()

    run(story())


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ("CREATE TABEL orders (id text)", "the DDL of database 'shop' is refused: syntax error"),
        ("CREATE TABLE order_s (id text)", "database 'shop' has no table 'orders'; its DDL makes order_s"),
    ],
)
def test_a_schema_that_is_none_is_a_mistake_of_who_wrote_it(schema, said):
    async def story() -> None:
        async with started(POSTGRES) as launcher:
            log = CommitLog(*launcher.address("postgres"), (DatabaseSpec(SHOP, (ORDERS,)),))
            try:
                with pytest.raises(UsageError, match=said):
                    await made(log, schema)
            finally:
                await log.close()

    run(story())


def test_tables_that_refer_in_a_circle_are_emptied_as_they_stand():
    a, b, c = (Table(name, ("id",)) for name in "abc")
    assert children_first((a, b, c), [("a", "b"), ("b", "a"), ("c", "a"), ("c", "c")]) == (c, a, b)


async def begin_an_order(host: str, port: int) -> asyncpg.Connection:
    """Write an order and an item of it in a transaction that is not over."""
    service = await asyncpg.connect(host=host, port=port, user="postgres", database=SHOP, ssl=False)
    await service.execute("BEGIN")
    await service.execute("INSERT INTO orders VALUES ('late')")
    await service.execute("INSERT INTO items VALUES ('late', 'late')")
    return service


def test_a_transaction_of_the_run_before_is_waited_for_and_what_it_wrote_is_gone():
    async def story() -> None:
        async with started(POSTGRES) as launcher:
            host, port = launcher.address("postgres")
            log = CommitLog(host, port, (DatabaseSpec(SHOP, (ITEMS, ORDERS)),))
            await made(log, SCHEMA)
            service = await begin_an_order(host, port)
            try:
                resetting = asyncio.ensure_future(log.reset())
                observer = await asyncpg.connect(
                    host=host, port=port, user="postgres", database=SHOP, ssl=False
                )
                async with asyncio.timeout(10):
                    while not await observer.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                        await asyncio.sleep(0.005)
                await service.execute("COMMIT")
                await resetting
                assert [row["id"] for row in await observer.fetch("SELECT id FROM items")] == ["1"]
                assert [row["id"] for row in await observer.fetch("SELECT id FROM orders")] == ["first"]
                assert await log.read() == []
                await observer.close()
                assert await service.fetchval("SELECT 1") == 1, "what ended by itself was not disturbed"
            finally:
                await service.close()
                await log.close()

    run(story())


def test_a_transaction_that_never_ends_is_ended_before_a_run_begins():
    async def story() -> None:
        async with started(POSTGRES) as launcher:
            host, port = launcher.address("postgres")
            log = CommitLog(host, port, (DatabaseSpec(SHOP, (ITEMS, ORDERS)),))
            await made(log, SCHEMA)
            service = await begin_an_order(host, port)
            try:
                async with asyncio.timeout(20):
                    await log.reset()
                with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
                    await service.execute("COMMIT")
                assert await log.read() == []
            finally:
                await service.close()
                await log.close()

    run(story())
