"""The SQL of a statement, as the services' adapter would send it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from tests.conformance.scripts import (
    KEYS,
    TYPES,
    Cancel,
    Commit,
    CommitPrepared,
    Delete,
    Disconnect,
    Insert,
    Prepare,
    Release,
    Rollback,
    RollbackPrepared,
    RollbackTo,
    Savepoint,
    Select,
    Statement,
    Update,
    Upsert,
    Value,
    Where,
)

Query = tuple[str, list[object]]
_LOCKS = {
    "none": "",
    "update": " FOR UPDATE",
    "skip_locked": " FOR UPDATE SKIP LOCKED",
    "nowait": " FOR UPDATE NOWAIT",
}


def sql_of(statement: Statement) -> Query:
    """Return the text and its parameters."""
    match statement:
        case Insert():
            return _insert(statement)
        case Select():
            return _select(statement)
        case Update():
            return _update(statement)
        case Delete(table=table, where=where):
            given: list[object] = []
            return f"DELETE FROM {table}" + _where(table, where, given), given
        case Upsert():
            return _upsert(statement)
        case Savepoint(name=name):
            return f"SAVEPOINT {name}", []
        case RollbackTo(name=name):
            return f"ROLLBACK TO SAVEPOINT {name}", []
        case Release(name=name):
            return f"RELEASE SAVEPOINT {name}", []
        case Commit():
            return "COMMIT", []
        case Rollback():
            return "ROLLBACK", []
        case Prepare(name=name):
            return f"PREPARE TRANSACTION '{name}'", []
        case CommitPrepared(name=name):
            return f"COMMIT PREPARED '{name}'", []
        case RollbackPrepared(name=name):
            return f"ROLLBACK PREPARED '{name}'", []
        case Cancel() | Disconnect():
            raise TypeError(f"{statement} is not said in SQL")
        case _:
            assert_never(statement)


def _insert(statement: Insert) -> Query:
    text = _inserts(statement.table, statement.row)
    if statement.ignore:
        text += " ON CONFLICT DO NOTHING"
    return text + " RETURNING *", list(statement.row.values())


def _upsert(statement: Upsert) -> Query:
    given: list[object] = list(statement.row.values())
    settings = _settings(statement.table, statement.changes, given, f"{statement.table}.")
    key = ", ".join(KEYS[statement.table])
    text = _inserts(statement.table, statement.row)
    return f"{text} ON CONFLICT ({key}) DO UPDATE SET {settings} RETURNING *", given


def _inserts(table: str, row: Mapping[str, Value]) -> str:
    slots = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({slots})"


def _select(statement: Select) -> Query:
    given: list[object] = []
    text = f"SELECT * FROM {statement.table}" + _where(statement.table, statement.where, given)
    if statement.order_by:
        text += " ORDER BY " + ", ".join(
            f"{name[1:]} DESC" if name.startswith("-") else name for name in statement.order_by
        )
    if statement.limit is not None:
        given.append(statement.limit)
        text += f" LIMIT ${len(given)}"
    return text + _LOCKS[statement.lock], given


def _update(statement: Update) -> Query:
    given: list[object] = []
    text = f"UPDATE {statement.table} SET {_settings(statement.table, statement.changes, given)}"
    return text + _where(statement.table, statement.where, given), given


def _settings(
    table: str, changes: Mapping[str, Value | tuple[str, int]], given: list[object], prefix: str = ""
) -> str:
    settings = []
    for column, change in changes.items():
        slot = f"${len(given) + 1}::{TYPES[table][column]}"
        if isinstance(change, tuple):
            given.append(change[1])
            settings.append(f"{column} = {prefix}{column} + {slot}")
        else:
            given.append(change)
            settings.append(f"{column} = {slot}")
    return ", ".join(settings)


def _where(table: str, where: Where, given: list[object]) -> str:
    return " WHERE " + " AND ".join(_condition(table, *part, given) for part in where) if where else ""


def _condition(
    table: str, column: str, sign: str, value: Value | tuple[Value, ...], given: list[object]
) -> str:
    if value is None and sign in ("=", "!="):
        return f"{column} IS {'NOT ' if sign == '!=' else ''}NULL"
    given.append(list(value) if isinstance(value, tuple) else value)
    slot = f"${len(given)}::{TYPES[table][column]}"
    return f"{column} = ANY({slot}[])" if sign == "in" else f"{column} {sign} {slot}"


def all_rows(table: str) -> str:
    return f"SELECT * FROM {table} ORDER BY {', '.join(KEYS[table])}"
