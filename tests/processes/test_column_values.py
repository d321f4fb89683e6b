"""Rows of every kind of column and of tables in several schemas, read from a real PostgreSQL: first rows and later ones alike."""

from typing import Any

import asyncpg
import pytest

from shaketable.errors import UsageError
from shaketable.real.oracles.commits import CommitLog
from shaketable.subject import DatabaseSpec, Table
from tests.processes.started import POSTGRES, needs_the_extra, run, started

SCHEMA = """
ALTER DATABASE shop SET timezone TO 'Asia/Tokyo';
CREATE TYPE mood AS ENUM ('glad', 'sad "so"');
CREATE DOMAIN price AS numeric(12, 2) CHECK (VALUE >= 0);
CREATE TABLE kept (
    no uuid PRIMARY KEY, amount numeric(12, 2), cost price, at timestamptz, day date, body jsonb, paid boolean, raw bytea,
    words text[], grid integer[], feeling mood, feelings mood[], ratio double precision
);
CREATE SCHEMA billing;
CREATE SCHEMA "Sales";
CREATE TABLE invoice (id integer PRIMARY KEY);
CREATE TABLE billing.invoice (id integer PRIMARY KEY);
CREATE TABLE "Sales"."In.voice" ("No" integer PRIMARY KEY, of integer REFERENCES billing.invoice);
"""
VALUES = {
    "no": "9B2F0D66-6A0E-4F5A-8D6D-0C5A1F6C9F11",
    "amount": "10",
    "cost": "123456789.10",
    "at": "2026-11-30 16:01:04.5+09",
    "day": "2026-11-30",
    "body": '{"lines": [{"price": 2.50}], "big": 0.12345678901234567890}',
    "paid": True,
    "raw": "\\xdeadbeef",
    "words": '{"a b",NULL,c}',
    "grid": "{{1,2},{3,4}}",
    "feeling": "glad",
    "feelings": '{"sad \\"so\\""}',
    "ratio": "0.1",
}
READ = {
    "no": "9b2f0d66-6a0e-4f5a-8d6d-0c5a1f6c9f11",
    "amount": "10.00",
    "cost": "123456789.10",
    "at": "2026-11-30T07:01:04.5Z",
    "day": "2026-11-30",
    "body": {"lines": [{"price": 2.5}], "big": "0.12345678901234567890"},
    "paid": True,
    "raw": "deadbeef",
    "words": ["a b", None, "c"],
    "grid": [[1, 2], [3, 4]],
    "feeling": "glad",
    "feelings": ['sad "so"'],
    "ratio": 0.1,
}

pytestmark = needs_the_extra


def told(*tables: Table, write: str) -> tuple[list[Any], list[Any]]:
    """Return the first rows of `tables`, and what `write` committed."""
    found: list[Any] = []

    async def story() -> None:
        async with started(POSTGRES) as launcher:
            host, port = launcher.address("postgres")
            log = CommitLog(host, port, (DatabaseSpec("shop", tables),), ("shop",))
            service = None
            try:
                await log.create({"shop": SCHEMA})
                await log.watch()
                service = await asyncpg.connect(
                    host=host, port=port, user="postgres", database="shop", ssl=False
                )
                for _ in range(2):
                    found[:] = [await log.reset()]
                    await service.execute(write)
                    found.append([write for _, commit in await log.read() for write in commit.writes])
            finally:
                if service is not None:
                    await service.close()
                await log.close()

    run(story())
    return found[0], found[1]


def test_a_row_is_read_as_what_its_columns_are_first_and_later():
    kept = Table("kept", ("no",), rows=(VALUES,))
    first, later = told(kept, write="UPDATE kept SET paid = paid")
    assert first == [("shop", "kept", [READ])]
    assert later == [("update", "kept", READ)]


def test_tables_of_several_schemas_are_told_apart():
    tables = (
        Table("public.invoice", ("id",), rows=({"id": 1},)),
        Table("billing.invoice", ("id",), rows=({"id": 2},)),
        Table('Sales."In.voice"', ("No",), rows=({"No": 3, "of": 2},)),
    )
    first, later = told(
        *tables,
        write='INSERT INTO invoice VALUES (4); INSERT INTO billing.invoice VALUES (5); DELETE FROM "Sales"."In.voice"',
    )
    assert first == [
        ("shop", "public.invoice", [{"id": 1}]),
        ("shop", "billing.invoice", [{"id": 2}]),
        ("shop", 'Sales."In.voice"', [{"No": 3, "of": 2}]),
    ]
    assert later == [
        ("insert", "public.invoice", {"id": 4}),
        ("insert", "billing.invoice", {"id": 5}),
        ("delete", 'Sales."In.voice"', {"No": 3, "of": 2}),
    ]


def test_a_table_that_is_not_declared_goes_by_its_schema_too():
    _, later = told(
        Table("invoice", ("id",)), write="DELETE FROM billing.invoice; INSERT INTO billing.invoice VALUES (5)"
    )
    assert later == [("delete", "billing.invoice", {"id": 5}), ("insert", "billing.invoice", {"id": 5})]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (Table("Invoice", ("id",)), "no table 'Invoice'; its DDL makes .*billing.invoice, invoice, kept"),
        (Table("sales.invoice", ("id",)), "no table 'sales.invoice'"),
        (
            Table("kept", ("no",), rows=({"no": "x"},)),
            "cannot be emptied and given their `rows`: invalid input",
        ),
    ],
)
def test_what_is_not_there_or_not_taken_is_told_in_one_line(table, said):
    with pytest.raises(UsageError, match=said) as refused:
        told(table, write="SELECT 1")
    assert "\n" not in str(refused.value)
