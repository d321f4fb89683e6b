"""The index by which the model reads, against the plan that a real PostgreSQL makes of the same statement.

At SERIALIZABLE it decides what is locked for others to conflict with, and so who is refused.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import asyncpg

from shaketable.ports import Errors
from shaketable.sim.database.access_path import AccessPath, is_impossible
from shaketable.sim.database.table import StoredTable
from tests.conformance.scripts import LEVELS, SPEC, Delete, Select, Update, draw
from tests.conformance.sessions import PostgresBench, connect
from tests.conformance.sql import sql_of

_NAMES = {("id",): "items_pkey", ("code",): "items_code_key", ("shelf", "box"): "places_pkey"}
Reading = Select | Update | Delete

# What the scripts do not draw: ranges of keys, halves of a key, contradictions.
_MORE = (
    Select("items", (("id", ">", 1),)),
    Select("items", (("id", ">", 1),), ("id",)),
    Select("items", (("code", ">=", 1),)),
    Select("items", (("id", "=", 1), ("code", "=", 10))),
    Select("items", (("id", "=", 1), ("code", ">", 10))),
    Select("items", (("id", "=", None),)),
    Select("items", (("id", "=", 1), ("id", "=", 2))),
    Select("items", (), ("-id",)),
    Select("items", (), ("code",)),
    Select("items", (("stock", "=", 1),), ("id",)),
    Select("places", (("shelf", "=", 0),)),
    Select("places", (("shelf", "=", 0), ("box", ">", "a"))),
    Select("places", (("shelf", "in", (0, 1)),)),
    Select("places", (("shelf", "!=", 0),)),
    Select("places", (("box", "=", "a"),)),
    Select("places", (), ("shelf",)),
    Select("places", (), ("shelf", "box")),
    Delete("places", (("shelf", "=", 0),)),
)


def test_the_model_reads_by_the_index_that_postgresql_reads_by(postgres_port):
    drawn = [
        statement
        for seed in range(300)
        for _, statement in ((step.client, step.statement) for step in draw(seed, LEVELS[2]).steps)
        if isinstance(statement, Reading)
    ]
    # One of each form: the values decide nothing, for there are no statistics.
    forms = {sql_of(statement)[0]: statement for statement in (*drawn, *_MORE)}
    assert len(forms) > 60
    wrong = asyncio.run(_differences(postgres_port, list(forms.values())))
    assert not wrong, "\n".join(wrong)


async def _differences(port: int, statements: list[Reading]) -> list[str]:
    bench = PostgresBench(port)
    await bench.open(0)
    await bench.reset()
    connection = await connect(port)
    wrong = []
    for statement in statements:
        planned, modelled = await _planned(connection, statement), _modelled(statement)
        if planned != modelled:
            wrong.append(f"{sql_of(statement)[0]}: PostgreSQL reads by {planned}, the model by {modelled}")
    connection.terminate()
    await bench.close()
    return wrong


async def _planned(connection: asyncpg.Connection[Any], statement: Reading) -> str:
    text, given = sql_of(statement)
    [row] = await connection.fetch(f"EXPLAIN (FORMAT JSON) {text}", *given)
    return _scan_of(json.loads(row[0])[0]["Plan"])


def _scan_of(node: dict[str, Any]) -> str:
    """Return the index that is scanned, or "the table", or "nothing"."""
    if "Index Name" in node:
        return str(node["Index Name"])
    if node["Node Type"] == "Seq Scan":
        return "the table"
    return next((_scan_of(below) for below in node.get("Plans", ())), "nothing")


def _modelled(statement: Reading) -> str:
    spec = next(table for table in SPEC.tables if table.name == statement.table)
    table = StoredTable(spec, Errors())
    if is_impossible(table, statement.where):
        return "nothing"
    index = AccessPath(table, statement.where, getattr(statement, "order_by", ())).index
    return "the table" if index is None else _NAMES[index.columns]
