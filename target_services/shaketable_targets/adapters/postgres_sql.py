"""The port's statements as SQL. Identifiers are quoted (a column may be called `order`), values are parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from shaketable.ports import Change, Condition, Scalar

Statement = tuple[str, list[object]]
"""SQL and its parameters. The text depends on the statement's shape only, so prepared statements are reused."""

_OPERATORS = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_LOCKS = {
    "none": "",
    "update": " FOR UPDATE",
    "skip_locked": " FOR UPDATE SKIP LOCKED",
    "nowait": " FOR UPDATE NOWAIT",
}


def insert(table: str, row: Mapping[str, Scalar], on_conflict: Literal["error", "ignore"]) -> Statement:
    """Return an INSERT of one row, which returns the row as stored."""
    columns = ", ".join(map(_name, row))
    values = ", ".join(f"${n}" for n in range(1, len(row) + 1))
    ignore = " ON CONFLICT DO NOTHING" if on_conflict == "ignore" else ""
    return f"INSERT INTO {_name(table)} ({columns}) VALUES ({values}){ignore} RETURNING *", list(row.values())


def select(
    table: str,
    where: Sequence[Condition],
    order_by: Sequence[str],
    limit: int | None,
    lock: Literal["none", "update", "skip_locked", "nowait"],
) -> Statement:
    """Return a SELECT of whole rows; `-column` in `order_by` descends."""
    values: list[object] = []
    text = f"SELECT * FROM {_name(table)}{_where(where, values)}"
    if order_by:
        text += " ORDER BY " + ", ".join(map(_order, order_by))
    if limit is not None:
        values.append(limit)
        text += f" LIMIT ${len(values)}"
    return text + _LOCKS[lock], values


def update(table: str, changes: Mapping[str, Change], where: Sequence[Condition]) -> Statement:
    values: list[object] = []
    assignments = []
    for column, change in changes.items():
        name = _name(column)
        if isinstance(change, tuple):
            values.append(change[1])
            assignments.append(f"{name} = {name} + ${len(values)}")
        else:
            values.append(change)
            assignments.append(f"{name} = ${len(values)}")
    return f"UPDATE {_name(table)} SET {', '.join(assignments)}{_where(where, values)}", values


def delete(table: str, where: Sequence[Condition]) -> Statement:
    values: list[object] = []
    return f"DELETE FROM {_name(table)}{_where(where, values)}", values


def _where(conditions: Sequence[Condition], values: list[object]) -> str:
    if not conditions:
        return ""
    return " WHERE " + " AND ".join(_condition(condition, values) for condition in conditions)


def _condition(condition: Condition, values: list[object]) -> str:
    """Return one condition; = and != with None ask for NULL. Raises ValueError for an unknown operator."""
    column, operator, value = condition
    name = _name(column)
    if value is None and operator in ("=", "!="):
        return f"{name} IS {'NOT ' if operator == '!=' else ''}NULL"
    if operator == "in":
        if not isinstance(value, Sequence):
            raise ValueError(f"'in' asks for a sequence, got {value!r}")
        if not value:
            return "FALSE"
        # One parameter for each value: for the type of an array asyncpg would have to ask the server first.
        places = [f"${n}" for n in range(len(values) + 1, len(values) + len(value) + 1)]
        values.extend(value)
        return f"{name} IN ({', '.join(places)})"
    if operator not in _OPERATORS:
        raise ValueError(f"{operator!r} is no operator: use {' '.join(_OPERATORS)} or in")
    values.append(value)
    return f"{name} {_OPERATORS[operator]} ${len(values)}"


def _order(column: str) -> str:
    return f"{_name(column[1:])} DESC" if column.startswith("-") else _name(column)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


PREPARED = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY gid"


def prepare(name: str) -> str:
    """Return the command that leaves the open transaction to the server; it takes no parameter."""
    return f"PREPARE TRANSACTION {_literal(name)}"


def commit_prepared(name: str) -> str:
    """Return the command that commits a prepared transaction."""
    return f"COMMIT PREPARED {_literal(name)}"


def rollback_prepared(name: str) -> str:
    """Return the command that rolls a prepared transaction back."""
    return f"ROLLBACK PREPARED {_literal(name)}"


def _literal(text: str) -> str:
    quoted = text.replace("'", "''")
    return f"'{quoted}'"
