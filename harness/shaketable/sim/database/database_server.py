"""A database server: its logical databases, the open transactions of its clients, and loss of power."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from shaketable.access import NoteAccess
from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.ports import Errors, Row
from shaketable.sim.channel import Oracle
from shaketable.sim.database.lock_waits import Race
from shaketable.sim.database.logical_database import LogicalDatabase
from shaketable.sim.database.logical_log import LogicalLog
from shaketable.sim.database.notifications import ListeningSession
from shaketable.sim.database.recorded import RecordedDatabase, RecordedTransaction
from shaketable.sim.database.rows import Isolation
from shaketable.sim.database.table import StoredTable
from shaketable.sim.database.transaction import Opened, OpenTransaction
from shaketable.subject import DatabaseSpec


class DatabaseServer:
    """A model of one PostgreSQL. It has no clock and no wire: everything happens in the instant of the call.

    `make_future` makes the futures of statements that wait, and `race`, if given, decides who of them is first. The oracle is told of every commit that wrote, and `note`, if
    it is given, of every access.
    """

    def __init__(
        self,
        name: str,
        specs: Sequence[DatabaseSpec],
        *,
        oracle: Oracle,
        make_future: Callable[[], asyncio.Future[Json]],
        errors: Errors | None = None,
        note: NoteAccess | None = None,
        race: Race | None = None,
    ) -> None:
        self.name = name
        self.errors = errors or Errors()
        self._oracle = oracle
        self._databases = {
            spec.name: LogicalDatabase(spec, self.errors, oracle, make_future)
            if note is None
            else RecordedDatabase(spec, self.errors, oracle, make_future, note)
            for spec in specs
        }
        for made in self._databases.values():
            made.locks.race = race
        self._opened: dict[str, Opened] = {spec.name: {} for spec in specs}

    def announce(self) -> None:
        """Tell the oracle the initial rows, table by table."""
        for database in self._databases.values():
            for table in database.tables:
                if rows := database.read_out(table):
                    self._oracle(
                        "state", self.name, "rows", {"db": database.name, "table": table, "rows": rows}
                    )

    def begin(self, database: str, owner: str, isolation: Isolation = "read committed") -> OpenTransaction:
        """Begin a transaction of the client `owner`; its first statement takes its snapshot."""
        found = self._database(database)
        if isinstance(found, RecordedDatabase):
            return RecordedTransaction(found, owner, isolation, self._opened[database])
        return OpenTransaction(found, owner, isolation, self._opened[database])

    def listen(self, database: str, owner: str, channel: str) -> ListeningSession:
        """Let the client `owner` listen on a connection of its own."""
        return self._database(database).notifications.listen(owner, channel)

    def log(self, database: str) -> LogicalLog:
        """Return the log of a database, with its replication slots."""
        return self._database(database).log

    def prepared(self, database: str) -> list[str]:
        """Return the names of the prepared transactions of a database."""
        return sorted(self._database(database).prepared)

    def end_prepared(self, database: str, name: str, owner: str, *, commit: bool) -> None:
        """Commit or roll back a prepared transaction. Raises not_prepared if there is none of this name."""
        self._database(database).end_prepared(name, owner, commit=commit)

    def table(self, database: str, table: str) -> StoredTable:
        """Return the table itself, for a client that asks often. It stays the same through every crash."""
        return self._database(database).table(table)

    def rows(self, database: str, table: str) -> list[Row]:
        """Return the committed rows, in order of first insertion."""
        return self._database(database).read_out(table)

    def disconnect(self, owner: str) -> None:
        """Roll back the open transactions of a client that lost power or was cut off, and release their locks.

        A transaction whose COMMIT is under way stays as it is until that arrives.
        """
        self._abort(owner, f"{owner} is disconnected")

    def crash(self) -> None:
        """Lose power: open transactions are gone, waiters lose their connection; commits stay, and what is prepared."""
        self._abort(None, f"{self.name} lost power")
        for database in self._databases.values():
            database.log.forget_positions()

    def close(self) -> None:
        """Drop every row and every open transaction."""
        for database in self._databases.values():
            database.tables.clear()
            database.prepared.clear()
        self._databases.clear()
        for opened in self._opened.values():
            opened.clear()

    def _abort(self, owner: str | None, why: str) -> None:
        doomed = [
            transaction
            for opened in self._opened.values()
            for transaction in opened
            if owner is None or (transaction.owner == owner and not transaction.sealed)
        ]
        for database in self._databases.values():
            database.notifications.disconnect(owner)
        # First all of them stop waiting: none may be handed a lock by the end of another.
        for transaction in doomed:
            transaction.stop_waiting(self.errors.connection_lost(why))
        for transaction in doomed:
            transaction.rollback()

    def _database(self, name: str) -> LogicalDatabase:
        found = self._databases.get(name)
        if found is None:
            raise HarnessError(
                f"server {self.name!r} has no database {name!r}, only {', '.join(self._databases) or 'none'}"
            )
        return found
