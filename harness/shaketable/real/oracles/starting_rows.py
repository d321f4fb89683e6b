"""The tables of a database as a run begins: emptied, with the rows that its description gives them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import asyncpg

from shaketable.descriptions.table_name import Place, quoted
from shaketable.errors import HarnessError, UsageError
from shaketable.ports import Scalar
from shaketable.real.bounded_waits import WaitExpired
from shaketable.real.oracles.pgoutput import WRITER
from shaketable.subject import Table

INITIAL = "initial"
"""What the commit that gives tables their first rows names in place of its backend."""
_REFUSED = (
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.DataError,
    asyncpg.SyntaxOrAccessError,
    asyncpg.RaiseError,
)
_RESETS_MAX = 5
_LOCKED_WITHIN_S = 2
"""So long a transaction of the run before may still hold a lock before it is ended; an answer is waited for no longer."""
_UNDER_WAY = (
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.ForeignKeyViolationError,
)
"""What a transaction of others that is not over makes of the emptying of tables."""
_END_WRITERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND pid IN "
    "(SELECT pid FROM pg_locks WHERE granted AND locktype = 'relation' AND mode <> 'AccessShareLock')"
)


async def empty_and_fill(
    connection: asyncpg.Connection[Any], database: str, tables: Sequence[tuple[Place, Table]]
) -> None:
    """Empty the tables, which come in an order in which they can be, and give them their first rows: one transaction.

    What is still under way of the run before is waited for, and ended when it takes too long: it would commit between
    two of our statements, or in the next run. UsageError for rows that the database refuses.
    """
    statements = ";".join(_statements(tables))
    for left in reversed(range(_RESETS_MAX)):
        began_s = time.monotonic()
        try:
            await connection.execute(statements)
            return
        except TimeoutError:  # the connection's own limit, which says nothing of what was waited for
            waited_s = time.monotonic() - began_s
            what = f"PostgreSQL to empty the tables of database {database!r}"
            raise WaitExpired(f"waited {waited_s:.0f} s for {what}, in vain") from None
        except (*_UNDER_WAY, *_REFUSED) as error:
            if left and isinstance(error, _UNDER_WAY):
                await connection.execute(_END_WRITERS)
            elif isinstance(error, _REFUSED):
                raise UsageError(
                    f"the tables of database {database!r} cannot be emptied and given their `rows`: {error}"
                ) from error
            else:
                raise HarnessError(
                    f"could not empty the tables of database {database!r}, tried {_RESETS_MAX} times: {error}; "
                    "does a connection that no part closed hold a lock?"
                ) from error


def children_first(tables: Sequence[Table], references: Sequence[tuple[str, str]]) -> tuple[Table, ...]:
    """Return `tables` in an order in which they can be emptied: a table comes before those it refers to."""
    left, ordered = list(tables), []
    while left:
        names = {table.name for table in left}
        wanted = {parent for child, parent in references if child != parent and child in names}
        table = next((one for one in left if one.name not in wanted), left[0])  # of a circle, the first
        left.remove(table)
        ordered.append(table)
    return tuple(ordered)


def _statements(tables: Sequence[tuple[Place, Table]]) -> list[str]:
    """Return the statements that empty the tables of a database and give them their initial rows back.

    All tables are locked first against writers, who commit before or come after. No TRUNCATE: it refuses a table to which
    another one refers that is not declared, and makes files anew.
    """
    named = [quoted(place) for place, _ in tables]
    statements = [f"DELETE FROM {name}" for name in named]
    if named:
        statements = [
            f"SET LOCAL lock_timeout = '{_LOCKED_WITHIN_S}s'",
            f"LOCK TABLE {', '.join(named)} IN EXCLUSIVE MODE",
            *statements,
        ]
    for place, table in reversed(tables):
        for row in table.rows:
            names = ", ".join(quoted(("", name)) for name in row)
            values = ", ".join(_literal(value) for value in row.values())
            statements.append(f"INSERT INTO {quoted(place)} ({names}) VALUES ({values})")
    return [*statements, f"SELECT pg_logical_emit_message(true, '{WRITER}', '{INITIAL}')"]


def _literal(value: Scalar) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value).upper()
    return "'" + str(value).replace("'", "''") + "'"
