"""The oracle of a PostgreSQL server: commits with full rows, and the polls that found work."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.descriptions.placeholders import Address
from shaketable.real.oracles.commits import CommitLog
from shaketable.real.oracles.oracle import Observed, Seen
from shaketable.real.tap.switchboard import Switchboard
from shaketable.subject import System


class DatabaseOracle:
    """Fits `shaketable.real.oracles.oracle.Oracle`."""

    def __init__(self, system: System, name: str, address: Callable[[], Address]) -> None:
        self._system = system
        self._name = name
        self._address = address
        self._specs = tuple(spec for spec in system.databases if spec.server == name)
        self._commits: CommitLog | None = None
        self._database_of = {part.name: part.database for part in system.parts}

    async def open(self) -> None:
        self._commits = CommitLog(*self._address(), self._specs)
        await self._commits.create(self._system.schema)

    async def begin(self) -> None:
        await self._log.reset()

    async def read(self, seen: Seen) -> list[Observed]:
        return [*await self._read_commits(seen), *self._polls(seen)]

    async def has_work(self, board: Switchboard) -> bool:
        """Return False: a transaction that waits here is a request that waits for its answer at the tap."""
        return False

    async def end_connections(self) -> None:
        await self._log.end_others()

    async def close(self) -> None:
        if self._commits is not None:
            await self._commits.close()

    @property
    def _log(self) -> CommitLog:
        assert self._commits is not None, "open it first"
        return self._commits

    async def _read_commits(self, seen: Seen) -> list[Observed]:
        at_the_tap = self._commits_at_the_tap(seen)
        observed = []
        for database, commit in await self._log.read():
            tables = ",".join(sorted({table for _, table, _ in commit.writes}))
            at_ms = seen.clock.from_epoch_us(commit.at_epoch_us)
            process = self._committer(at_the_tap, database, tables)
            writes = [list(write) for write in commit.writes]
            observed.append(Observed(at_ms, process, "commit", {"db": database, "writes": writes}))
        return observed

    def _commits_at_the_tap(self, seen: Seen) -> list[tuple[str, str, str]]:
        """List (process, database, tables) of each COMMIT whose answer passed the tap, in order."""
        return [
            (client, self._database_of.get(client, ""), marks["committed"])
            for _, client, server, marks in seen.board.marked
            if server == self._name and "committed" in marks
        ]

    def _committer(self, seen: list[tuple[str, str, str]], database: str, tables: str) -> str:
        """Take the first process seen to commit these tables; else (the answer was lost) name the database's owner."""
        for n, (client, of, which) in enumerate(seen):
            if of == database and which == tables:
                del seen[n]
                return client
        owners = [part.name for part in self._system.parts if part.database == database]
        return owners[0] if owners else database

    def _polls(self, seen: Seen) -> list[Observed]:
        observed = []
        for at_ms, client, server, marks in seen.board.marked:
            if server == self._name and "selected" in marks:
                table, rows = marks["selected"]
                if ("SELECT", table) in self._system.polls:
                    poll = {"db": self._database_of.get(client, ""), "table": table, "rows": rows}
                    observed.append(Observed(at_ms, client, "poll", poll))
        return observed
