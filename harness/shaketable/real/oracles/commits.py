"""The commit log of every logical database, by logical decoding: full rows in commit order."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import asyncpg

from shaketable.commits.slot import misdeclared
from shaketable.descriptions.table_name import Place, name_of, place_of, quoted
from shaketable.errors import HarnessError, UsageError
from shaketable.history import Json
from shaketable.real.bounded_waits import WaitExpired
from shaketable.real.oracles import slots
from shaketable.real.oracles.column_types import CATALOG, SESSION, ColumnTypes
from shaketable.real.oracles.pgoutput import WRITER, Commit, Decoder
from shaketable.real.oracles.plans import Asked, index_of
from shaketable.real.oracles.starting_rows import INITIAL, children_first, empty_and_fill
from shaketable.subject import DatabaseSpec, Table

PUBLICATION = "shaketable"
_CONNECT_WITHIN_S = 10
_ANSWER_WITHIN_S = 60
_CLOSED_WITHIN_S = 2
_TAKE = (
    "SELECT data FROM pg_logical_slot_get_binary_changes($1, NULL, NULL, "
    f"'proto_version', '3', 'two_phase', 'true', 'publication_names', '{PUBLICATION}', 'messages', 'true')"
)
_PREPARED = "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()"

_END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
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
    "SELECT schemaname::text, tablename::text FROM pg_tables "
    "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
)
_FOUND = (
    "SELECT nspname::text, relname::text FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE pg_class.oid = to_regclass($1)"
)
_REFERENCES = (
    "SELECT c.nspname::text, child.relname::text, p.nspname::text, parent.relname::text FROM pg_constraint "
    "JOIN pg_class child ON child.oid = conrelid JOIN pg_namespace c ON c.oid = child.relnamespace "
    "JOIN pg_class parent ON parent.oid = confrelid JOIN pg_namespace p ON p.oid = parent.relnamespace "
    "WHERE contype = 'f'"
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
        self._places: dict[str, dict[str, Place]] = {}  # of the declared tables of each database
        self._children_first: dict[str, tuple[Table, ...]] = {}
        self._indexes: dict[tuple[str, str, bytes], str | None] = {}
        self._begins: dict[str, int] = {}  # the place in the log at which the run began
        self._early: dict[str, list[Commit]] = {}  # commits of this run that were read as it began

    async def create(self, schema: Mapping[str, str]) -> None:
        """Create the databases with what `schema` makes in each. UsageError for a schema that is none."""
        admin = await self._connect("postgres")
        try:
            for spec in self._specs:
                with _answered(f"to make database {spec.name!r}"):
                    await admin.execute(f'DROP DATABASE IF EXISTS "{spec.name}" WITH (FORCE)')
                    await admin.execute(f'CREATE DATABASE "{spec.name}"')
        finally:
            with _answered("to close the connection that made databases"):
                await admin.close(timeout=_CLOSED_WITHIN_S)
        for spec in self._specs:
            ddl = schema.get(spec.name, "").strip()
            if not ddl:
                continue  # a migration makes its tables
            connection = await self._connection(spec.name)
            try:
                with _answered(f"to run the DDL of database {spec.name!r}"):
                    await connection.execute(ddl)
            except asyncpg.PostgresError as error:
                raise UsageError(f"the DDL of database {spec.name!r} is refused: {error}") from error

    async def watch(self) -> None:
        """Begin to read what is committed to the tables that there are. UsageError when a declared one is missing."""
        for spec in self._specs:
            with _answered(f"to let the commits of database {spec.name!r} be read"):
                await self._watch(spec)

    async def _watch(self, spec: DatabaseSpec) -> None:
        connection = await self._connection(spec.name)
        there = [(schema, table) for schema, table in await connection.fetch(_TABLES)]
        names = await self._find(spec, there, connection)
        for place in there:  # without it no row of a published table may change
            await connection.execute(f"ALTER TABLE {quoted(place)} REPLICA IDENTITY FULL")
        if spec.name in self._named_writers:
            await connection.execute(_NAMES_ITS_WRITER)
            for place in there:
                await connection.execute(_TRIGGER.format(table=quoted(place)))
        references = [
            (names.get((a, child), name_of(a, child)), names.get((b, parent), name_of(b, parent)))
            for a, child, b, parent in await connection.fetch(_REFERENCES)
        ]
        self._children_first[spec.name] = children_first(spec.tables, references)
        types = ColumnTypes([tuple(row) for row in await connection.fetch(CATALOG)])
        self._decoders[spec.name] = Decoder(types, names)
        await connection.execute(f"CREATE PUBLICATION {PUBLICATION} FOR ALL TABLES")
        await connection.execute(
            "SELECT pg_create_logical_replication_slot($1, 'pgoutput', twophase => true)", _slot(spec.name)
        )
        for problem in misdeclared(spec.slots, [table.name for table in spec.tables]):
            raise UsageError(f"database {spec.name!r}: {problem}")
        await slots.make(connection, spec.slots)

    async def _find(
        self, spec: DatabaseSpec, there: Sequence[Place], connection: asyncpg.Connection[Any]
    ) -> dict[Place, str]:
        """Return what the declared tables of a database are called, by where they are; UsageError for one that is missing."""
        places = self._places[spec.name] = {}
        for table in spec.tables:
            found = await connection.fetchrow(_FOUND, quoted(place_of(table.name)))
            place = None if found is None else (str(found[0]), str(found[1]))
            if place is None or place not in there:
                known = ", ".join(sorted(name_of(*one) for one in there)) or "none"
                raise UsageError(f"database {spec.name!r} has no table {table.name!r}; its DDL makes {known}")
            places[table.name] = place
        return {place: name for name, place in places.items()}

    async def reset(self) -> list[tuple[str, str, list[dict[str, Json]]]]:
        """Empty every table and give it its initial rows back; what was logged so far is forgotten.

        Return (database, table, rows) of each table that is given rows, as they are read from the log like any other.
        """
        found = await asyncio.gather(*(self._reset(spec) for spec in self._specs))
        return [initial for one in found for initial in one]

    async def index_of(self, database: str, table: str, asked: Asked) -> str | None:
        """Return what `plans.index_of` says of a statement that was asked of a declared table; it is asked once."""
        key = database, table, asked.text
        if key not in self._indexes:
            place = self._places[database].get(table)
            with _answered(f"to plan a statement in database {database!r}"):
                connection = await self._connection(database)
                self._indexes[key] = None if place is None else await index_of(connection, place, asked)
        return self._indexes[key]

    async def end_others(self) -> None:
        """End every other connection to our databases: an abandoned one would hold its locks for ever."""
        for spec in self._specs:
            connection = await self._connection(spec.name)
            with _answered(f"to end the connections to database {spec.name!r}"):
                await connection.execute(_END_OTHERS)

    async def read(self) -> list[tuple[str, Commit]]:
        """Return every commit since the last reading, as (database, commit), in the order of their commit times."""
        taken = await asyncio.gather(*(self._take(spec.name) for spec in self._specs))
        found = [
            (spec.name, commit)
            for spec, commits in zip(self._specs, taken, strict=True)
            for commit in (*self._early.pop(spec.name, ()), *commits)
            if commit.lsn >= self._begins.get(spec.name, 0)
        ]
        found.sort(key=lambda pair: pair[1].at_epoch_us)
        return found

    async def _reset(self, spec: DatabaseSpec) -> list[tuple[str, str, list[dict[str, Json]]]]:
        """Empty one database in one transaction; the run begins in the log where it ended, and with it the system's slots."""
        connection = await self._connection(spec.name)
        places = self._places[spec.name]
        tables = [(places[table.name], table) for table in self._children_first[spec.name]]
        self._early.pop(spec.name, None)
        for row in await connection.fetch(_PREPARED):  # what the run before left in doubt holds its locks
            name = row["gid"].replace("'", "''")
            await connection.execute(f"ROLLBACK PREPARED '{name}'")
        await empty_and_fill(connection, spec.name, tables)
        with _answered(f"to move the replication slots of database {spec.name!r}"):
            await slots.leave_behind(connection, _slot(spec.name))
        with _answered(f"to tell where the log of database {spec.name!r} ends"):
            begin = self._begins[spec.name] = await connection.fetchval(_PLACE)
        given = [table.name for table in spec.tables if table.rows]
        if not given:
            return []
        commits = await self._take(spec.name)
        self._early[spec.name] = [commit for commit in commits if commit.lsn >= begin]
        initial = next((one for one in reversed(commits) if one.backend == INITIAL), None)
        if initial is None:
            raise HarnessError(
                f"the log of database {spec.name!r} does not have the rows that its tables were given"
            )
        return [
            (
                spec.name,
                name,
                [row for verb, table, row in initial.writes if (verb, table) == ("insert", name)],
            )
            for name in given
        ]

    async def _take(self, database: str) -> list[Commit]:
        connection = await self._connection(database)
        with _answered(f"to give the commit log of database {database!r}"):
            rows = await connection.fetch(_TAKE, _slot(database))
        return list(self._decoders[database].decode(bytes(row["data"]) for row in rows))

    async def close(self) -> None:
        for connection in self._connections.values():
            with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await connection.close(timeout=_CLOSED_WITHIN_S)
        self._connections.clear()

    async def _connection(self, database: str) -> asyncpg.Connection[Any]:
        connection = self._connections.get(database)
        if connection is None or connection.is_closed():
            connection = self._connections[database] = await self._connect(database)
        return connection

    async def _connect(self, database: str) -> asyncpg.Connection[Any]:
        with _answered(f"to take a connection to database {database!r}", _CONNECT_WITHIN_S):
            return await asyncpg.connect(
                host=self._host,
                port=self._port,
                user="postgres",
                database=database,
                ssl=False,
                timeout=_CONNECT_WITHIN_S,
                command_timeout=_ANSWER_WITHIN_S,
                server_settings=SESSION,
            )


@contextlib.contextmanager
def _answered(what: str, within_s: float = _ANSWER_WITHIN_S) -> Iterator[None]:
    """Name `what` PostgreSQL was asked when the client's own limit, `within_s`, is over: it says nothing of that."""
    try:
        yield
    except TimeoutError as error:
        raise WaitExpired(f"waited {within_s:g} s for PostgreSQL {what}, in vain") from error


def _slot(database: str) -> str:
    """Name the slot of a database: a slot belongs to one, its name to the whole server, and few characters are allowed."""
    return "shaketable_" + "".join(c if c.isalnum() else "_" for c in database.lower())
