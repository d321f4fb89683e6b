"""The plan of a system's own statement, as PostgreSQL makes it for a table that has grown large.

A table of a run has a few rows, and the planner rightly reads all of them. So it is told, in a transaction that is rolled
back, that there are a million, of which a condition on any column keeps ten: what an outbox is after a while. Of a column that
is true or false either may be rare.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import asyncpg

from shaketable.descriptions.table_name import Place, quoted
from shaketable.history import Json

_NAME = "shaketable_plan"
_BOOL = "boolean"
_ROWS, _DISTINCT, _RARE = 1_000_000, 100_000, 0.00001
_GROWN = (
    "SELECT pg_restore_relation_stats('schemaname', $1::text, 'relname', $2::text, 'relpages', 1, "
    f"'reltuples', {_ROWS}::real)"
)
_COLUMN = (
    "SELECT pg_restore_attribute_stats('schemaname', $1::text, 'relname', $2::text, 'attname', $3::text, "
    f"'inherited', false, 'null_frac', {_RARE}::real, 'avg_width', 8, 'n_distinct', {_DISTINCT}::real)"
)
_BOOLEAN = (
    "SELECT pg_restore_attribute_stats('schemaname', $1::text, 'relname', $2::text, 'attname', $3::text, "
    f"'inherited', false, 'null_frac', {_RARE}::real, 'avg_width', 1, 'n_distinct', 2::real, "
    f"'most_common_vals', $4::text, 'most_common_freqs', '{{{1 - 2 * _RARE},{_RARE}}}'::real[])"
)
_COLUMNS = (
    "SELECT attname::text, format_type(atttypid, NULL) FROM pg_attribute "
    "WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped"
)
_PARTIAL = (
    "SELECT c.relname::text FROM pg_index JOIN pg_class c ON c.oid = indexrelid "
    "WHERE indrelid = $1::text::regclass AND indpred IS NOT NULL"
)
_PARAMETERS = f"SELECT parameter_types::oid[] FROM pg_prepared_statements WHERE name = '{_NAME}'"
_TEXTS, _INTEGERS, _BOOLEANS = (18, 19, 25, 705, 1042, 1043), (20, 21, 23), (16,)


class Asked(NamedTuple):
    """A statement as a client sent it: its text, and the message that bound its parameters (empty: there are none)."""

    text: bytes
    bound: bytes


async def index_of(connection: asyncpg.Connection[Any], place: Place, asked: Asked) -> str | None:
    """Return the index that narrows what the statement reads of a table; "" if it reads the whole, None if that is unknown."""
    try:
        columns = [(str(name), str(kind)) for name, kind in await connection.fetch(_COLUMNS, quoted(place))]
        partial = {str(name) for (name,) in await connection.fetch(_PARTIAL, quoted(place))}
        found: str | None = None
        for common in ("{t,f}", "{f,t}") if any(kind == _BOOL for _, kind in columns) else ("",):
            plan = await _planned(connection, place, asked, columns, common)
            if plan is not None:
                found = narrowed_by(plan, place[1], partial)
            if found:
                return found
        return found
    except (
        asyncpg.PostgresError
    ):  # an older server without statistics to restore, or no statement that it can plan
        return None


async def _planned(
    connection: asyncpg.Connection[Any],
    place: Place,
    asked: Asked,
    columns: list[tuple[str, str]],
    common: str,
) -> Json:
    text = asked.text.decode("utf-8", "replace").strip().rstrip(";")
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.fetch(_GROWN, *place)
        for name, kind in columns:
            if kind == _BOOL:
                await connection.fetch(_BOOLEAN, *place, name, common)
            else:
                await connection.fetch(_COLUMN, *place, name)
        await connection.fetch("SET LOCAL plan_cache_mode = force_custom_plan")
        await connection.fetch(f"PREPARE {_NAME} AS {text}")
        types = await connection.fetchval(_PARAMETERS)
        values = literals(asked.bound, types or [])
        if values is None:
            return None
        given = f"({', '.join(values)})" if values else ""
        rows = await connection.fetch(f"EXPLAIN (FORMAT JSON) EXECUTE {_NAME}{given}")
        return json.loads(rows[0][0])
    finally:
        await transaction.rollback()
        with contextlib.suppress(asyncpg.InvalidSQLStatementNameError):  # it was not prepared
            await connection.fetch(f"DEALLOCATE {_NAME}")


def narrowed_by(plan: Json, table: str, partial: set[str]) -> str | None:
    """Return the index by which a plan keeps what it reads of `table` small, "" if none does, None if it does not read it.

    An index that only gives the order is none: the rows between those that are wanted are read too.
    """
    found: str | None = None
    for node in _nodes(plan[0]["Plan"]):
        if node.get("Relation Name") == table:
            indexes = [node, *_nodes(node)]
            by = [
                str(one["Index Name"])
                for one in indexes
                if "Index Name" in one and ("Index Cond" in one or one["Index Name"] in partial)
            ]
            found = by[0] if by else ""
            if not by:
                return ""
    return found


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


def literals(bound: bytes, types: list[int]) -> list[str] | None:
    """Return the parameters of a Bind message as SQL; None if one is of a type that is not read here.

    (PostgreSQL documentation, "Message Formats", Bind.) `bound` begins behind the names of portal and statement.
    """
    if not types:
        return []
    at, formats = _shorts(bound, 0)
    count = int.from_bytes(bound[at : at + 2], "big")
    at += 2
    if count != len(types):
        return None
    found = []
    for number, kind in enumerate(types):
        size = int.from_bytes(bound[at : at + 4], "big", signed=True)
        at += 4
        value = bound[at : at + max(0, size)]
        at += max(0, size)
        is_binary = bool(formats) and formats[number if len(formats) > 1 else 0] == 1
        text = "NULL" if size < 0 else _literal(value, kind) if is_binary else _quoted(value)
        if text is None:
            return None
        found.append(text)
    return found


def _shorts(data: bytes, at: int) -> tuple[int, list[int]]:
    count = int.from_bytes(data[at : at + 2], "big")
    end = at + 2 + 2 * count
    return end, [int.from_bytes(data[n : n + 2], "big") for n in range(at + 2, end, 2)]


def _literal(value: bytes, kind: int) -> str | None:
    if kind in _TEXTS:
        return _quoted(value)
    if kind in _INTEGERS:
        return _quoted(str(int.from_bytes(value, "big", signed=True)).encode())
    if kind in _BOOLEANS:
        return "true" if value == b"\x01" else "false"
    return None


def _quoted(value: bytes) -> str:
    return "'" + value.decode("utf-8", "replace").replace("'", "''") + "'"
