"""The commit log of every logical database, by logical decoding: full rows in commit order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import asyncpg

from shaketable.errors import HarnessError, UsageError
from shaketable.ports import Scalar
from shaketable.real.oracles.pgoutput import WRITER, Commit, Decoder
from shaketable.subject import DatabaseSpec, Table

PUBLICATION = "shaketable"
_CONNECT_WITHIN_S = 10
_ANSWER_WITHIN_S = 60
_TAKE = (
    "SELECT data FROM pg_logical_slot_get_binary_changes($1, NULL, NULL, "
    f"'proto_version', '1', 'publication_names', '{PUBLICATION}', 'messages', 'true')"
)

_PLACE = "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint"

# The first statement of a transaction that writes says in it which backend it runs in, and notes that it has: a savepoint
# that is rolled back takes both back. A role of the system needs no right of ours.
_NAMES_ITS_WRITER = f"""
CREATE SCHEMA {WRITER};
CREATE FUNCTION {WRITER}.name_writer() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    PERFORM pg_logical_emit_message(true, '{WRITER}', pg_backend_pid()::text);
    PERFORM set_config('{WRITER}.named', 'yes', true);
    RETURN NULL;
END $$
"""
_TRIGGER = f"""
CREATE TRIGGER {WRITER}_writer AFTER INSERT OR UPDATE OR DELETE ON {{table}} FOR EACH STATEMENT
    WHEN (current_setting('{WRITER}.named', true) IS DISTINCT FROM 'yes')
    EXECUTE FUNCTION {WRITER}.name_writer();
ALTER TABLE {{table}} ENABLE ALWAYS TRIGGER {WRITER}_writer
"""

_TABLES = (
    "SELECT format('%I.%I', schemaname, tablename), tablename FROM pg_tables "
    "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
)
_REFERENCES = (
    "SELECT child.relname, parent.relname FROM pg_constraint "
    "JOIN pg_class child ON child.oid = conrelid JOIN pg_class parent ON parent.oid = confrelid WHERE contype = 'f'"
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


class CommitLog:
    """One connection of the harness for each database, past the tap, which also empties tables between runs."""

    def __init__(
        self, host: str, port: int, specs: tuple[DatabaseSpec, ...], named_writers: Collection[str] = ()
    ) -> None:
        """Read the databases `specs`; in those of `named_writers` transactions are made to say which backend made them."""
        self._named_writers = named_writers
        self._host = host
        self._port = port
        self._specs = specs
        self._connections: dict[str, asyncpg.Connection[Any]] = {}
        self._decoders: dict[str, Decoder] = {}
        self._children_first: dict[str, tuple[Table, ...]] = {}
        self._begins: dict[str, int] = {}  # the place in the log at which the run began

    async def create(self, schema: Mapping[str, str]) -> None:
        """Create the databases with their tables, and a slot on each. UsageError for a schema that is none."""
        admin = await self._connect("postgres")
        try:
            for spec in self._specs:
                await admin.execute(f'DROP DATABASE IF EXISTS "{spec.name}" WITH (FORCE)')
                await admin.execute(f'CREATE DATABASE "{spec.name}"')
        finally:
            await admin.close()
        for spec in self._specs:
            connection = await self._connection(spec.name)
            try:
                await connection.execute(schema[spec.name])
            except asyncpg.PostgresError as error:
                raise UsageError(f"the DDL of database {spec.name!r} is refused: {error}") from error
            tables = await connection.fetch(_TABLES)
            _check_declared(spec, [name for _, name in tables])
            for table, _ in tables:  # without it no row of a published table may change
                await connection.execute(f"ALTER TABLE {table} REPLICA IDENTITY FULL")
            if spec.name in self._named_writers:
                await connection.execute(_NAMES_ITS_WRITER)
                for table, _ in tables:
                    await connection.execute(_TRIGGER.format(table=table))
            references = [(child, parent) for child, parent in await connection.fetch(_REFERENCES)]
            self._children_first[spec.name] = children_first(spec.tables, references)
            await connection.execute(f"CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES")
            await connection.execute(
                "SELECT pg_create_logical_replication_slot($1, 'pgoutput')", _slot(spec.name)
            )

    async def reset(self) -> None:
        """Empty every table and give it its initial rows back; what was logged so far is forgotten."""
        await asyncio.gather(*(self._reset(spec) for spec in self._specs))

    async def end_others(self) -> None:
        """End every other connection to our databases: an abandoned one would hold its locks for ever."""
        for spec in self._specs:
            connection = await self._connection(spec.name)
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    async def read(self) -> list[tuple[str, Commit]]:
        """Return every commit since the last reading, as (database, commit), in the order of their commit times."""
        taken = await asyncio.gather(*(self._take(spec.name) for spec in self._specs))
        found = [
            (spec.name, commit)
            for spec, commits in zip(self._specs, taken, strict=True)
            for commit in commits
            if commit.lsn >= self._begins.get(spec.name, 0)
        ]
        found.sort(key=lambda pair: pair[1].at_epoch_us)
        return found

    async def _reset(self, spec: DatabaseSpec) -> None:
        """Empty one database in one round trip, as one transaction; the run begins in the log where it ended.

        What is still under way of the run before is waited for, and ended when it takes too long: it would commit between
        two of our statements, or in the next run.
        """
        connection = await self._connection(spec.name)
        statements = ";".join(_statements(self._children_first[spec.name]))
        for left in reversed(range(_RESETS_MAX)):
            try:
                await connection.execute(statements)
                break
            except _UNDER_WAY as error:
                if not left:
                    raise HarnessError(
                        f"could not empty the tables of database {spec.name!r}, tried {_RESETS_MAX} times: {error}; "
                        "does a connection that no part closed hold a lock?"
                    ) from error
                await connection.execute(_END_WRITERS)
            except TimeoutError:
                raise HarnessError(
                    f"waited {_ANSWER_WITHIN_S} s to empty the tables of database {spec.name!r}"
                ) from None
        self._begins[spec.name] = await connection.fetchval(_PLACE)

    async def _take(self, database: str) -> list[Commit]:
        connection = await self._connection(database)
        try:
            rows = await connection.fetch(_TAKE, _slot(database))
        except TimeoutError:
            raise HarnessError(
                f"waited {_ANSWER_WITHIN_S} s for the commit log of database {database!r}"
            ) from None
        decoder = self._decoders.setdefault(database, Decoder())
        return list(decoder.decode(bytes(row["data"]) for row in rows))

    async def close(self) -> None:
        for connection in self._connections.values():
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=2)
        self._connections.clear()

    async def _connection(self, database: str) -> asyncpg.Connection[Any]:
        connection = self._connections.get(database)
        if connection is None or connection.is_closed():
            connection = self._connections[database] = await self._connect(database)
        return connection

    async def _connect(self, database: str) -> asyncpg.Connection[Any]:
        return await asyncpg.connect(
            host=self._host,
            port=self._port,
            user="postgres",
            database=database,
            ssl=False,
            timeout=_CONNECT_WITHIN_S,
            command_timeout=_ANSWER_WITHIN_S,
        )


def _check_declared(spec: DatabaseSpec, there: Sequence[str]) -> None:
    for table in spec.tables:
        if table.name not in there:
            known = ", ".join(sorted(there)) or "none"
            raise UsageError(f"database {spec.name!r} has no table {table.name!r}; its DDL makes {known}")


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


def _statements(tables: Sequence[Table]) -> list[str]:
    """Return the statements that empty the tables of a database and give them their initial rows back.

    All tables are locked first against writers, who commit before or come after. No TRUNCATE: it refuses a table to which
    another one refers that is not declared, and makes files anew.
    """
    if not tables:
        return []
    named = [f'"{table.name}"' for table in tables]
    statements = [
        f"SET LOCAL lock_timeout = '{_LOCKED_WITHIN_S}s'",
        f"LOCK TABLE {', '.join(named)} IN EXCLUSIVE MODE",
        *(f"DELETE FROM {name}" for name in named),
    ]
    for table in reversed(tables):
        for row in table.rows:
            names = ", ".join(f'"{name}"' for name in row)
            values = ", ".join(_literal(value) for value in row.values())
            statements.append(f'INSERT INTO "{table.name}" ({names}) VALUES ({values})')
    return statements


def _literal(value: Scalar) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value).upper()
    return "'" + str(value).replace("'", "''") + "'"


def _slot(database: str) -> str:
    """Name the slot of a database: a slot belongs to one, its name to the whole server, and few characters are allowed."""
    return "shaketable_" + "".join(c if c.isalnum() else "_" for c in database.lower())
