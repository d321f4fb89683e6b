"""The oracle of a PostgreSQL server: commits with full rows, what is prepared, and the polls that found work."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.descriptions.placeholders import Address
from shaketable.history import Json
from shaketable.real.oracles.commits import CommitLog
from shaketable.real.oracles.oracle import Observed, Seen
from shaketable.real.oracles.pgoutput import Commit
from shaketable.real.oracles.plans import Asked
from shaketable.real.tap.switchboard import Switchboard
from shaketable.subject import System

UNKNOWN = ""
"""The process of a commit of which it is not known who made it: nothing is judged that depends on it."""


class DatabaseOracle:
    """Fits `shaketable.real.oracles.oracle.Oracle`."""

    def __init__(self, system: System, name: str, address: Callable[[], Address]) -> None:
        self._system = system
        self._name = name
        self._address = address
        self._specs = tuple(spec for spec in system.databases if spec.server == name)
        self._commits: CommitLog | None = None
        self._parts_of = {
            spec.name: [part.name for part in system.parts if part.database == spec.name]
            for spec in self._specs
        }
        self._planned: dict[tuple[str, bytes], None] = {}  # statements of this run
        self._database_of = {part.name: part.database for part in system.parts}

    async def open(self) -> None:
        shared = [database for database, parts in self._parts_of.items() if len(parts) > 1]
        self._commits = CommitLog(*self._address(), self._specs, shared)
        await self._commits.create(self._system.schema)

    async def watch(self) -> None:
        await self._log.watch()

    async def begin(self) -> list[Observed]:
        self._planned.clear()
        return [
            Observed(0, self._name, "rows", {"db": database, "table": table, "rows": rows}, "state")
            for database, table, rows in await self._log.reset()
        ]

    async def read(self, seen: Seen) -> list[Observed]:
        return [*await self._read_commits(seen), *await self._polls(seen)]

    async def has_work(self, board: Switchboard) -> bool:
        """Return False: a transaction that waits here is a request that waits for its answer at the tap."""
        return False

    async def drop_work(self, board: Switchboard) -> None:
        """End abandoned transactions, and empty the tables: parts that start find no row of the run before."""
        await self._log.end_others()
        await self._log.reset()

    async def close(self) -> None:
        if self._commits is not None:
            await self._commits.close()

    @property
    def _log(self) -> CommitLog:
        assert self._commits is not None, "open it first"
        return self._commits

    async def _read_commits(self, seen: Seen) -> list[Observed]:
        observed = []
        for database, commit in await self._log.read():
            at_ms = seen.clock.from_epoch_us(commit.at_epoch_us)
            value: dict[str, Json] = {"db": database, "writes": [list(write) for write in commit.writes]}
            process = self._committer(seen, database, commit)
            if process == UNKNOWN:
                value["writer"] = "unknown"
            if commit.what == "commit" and commit.prepared:
                value["prepared"] = commit.prepared
            elif commit.what != "commit":
                value["name"] = commit.prepared
            if commit.what == "rollback_prepared":
                del value["writes"]
            observed.append(Observed(at_ms, process, commit.what, value))
        return observed

    def _committer(self, seen: Seen, database: str, commit: Commit) -> str:
        """Return the client whose connection made the commit, as the server says; `UNKNOWN` where it cannot.

        It cannot for a transaction that wrote only to tables made after the system's DDL, and for a connection that the
        tap could not read. A database that one part alone connects to needs no word of the server.
        """
        parts = self._parts_of[database]
        if len(parts) == 1:
            return parts[0]
        return seen.board.sessions.get((self._name, commit.backend), UNKNOWN)

    async def _polls(self, seen: Seen) -> list[Observed]:
        """Return the polls, and behind the first of each statement by which index it reads its table."""
        observed = []
        for at_ms, client, server, marks in seen.board.marked:
            if server != self._name or "selected" not in marks:
                continue
            table, rows = marks["selected"]
            if ("SELECT", table) not in self._system.polls:
                continue
            database = self._database_of.get(client, "")
            poll: dict[str, Json] = {"db": database, "table": table, "rows": rows}
            observed.append(Observed(at_ms, client, "poll", poll))
            asked = Asked(*marks["asked"])
            if (database, asked.text) not in self._planned:
                self._planned[database, asked.text] = None
                index = await self._log.index_of(database, table, asked)
                if index is not None:
                    plan: dict[str, Json] = {"db": database, "table": table, "index": index}
                    observed.append(Observed(at_ms, client, "plan", plan))
        return observed
