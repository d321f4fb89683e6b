"""What the oracles of a real run saw, as the effects that the simulated world records."""

from __future__ import annotations

import asyncio

from shaketable.real.run.effects import Observed
from shaketable.real.stack.launcher import KAFKA
from shaketable.real.stack.stack import Stack


class Witnesses:
    """Reads the commit log, the topics, and what the framers marked."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    async def read(self) -> list[Observed]:
        """Every effect of the run, in no particular order across oracles."""
        commits, appends = await asyncio.gather(self._commits(), self._appends())
        return [*commits, *appends, *self._marks()]

    async def _commits(self) -> list[Observed]:
        stack = self._stack
        if stack.commits is None:
            return []
        said = self._said_commits()
        observed = []
        for database, commit in await stack.commits.read():
            tables = ",".join(sorted({table for _, table, _ in commit.writes}))
            at_ms = stack.clock.at_epoch_us(commit.at_epoch_us)
            process = self._committer(said, database, tables)
            writes = [list(write) for write in commit.writes]
            observed.append(Observed(at_ms, process, "commit", {"db": database, "writes": writes}))
        return observed

    def _said_commits(self) -> list[tuple[str, str, str]]:
        """(process, database, tables) of each COMMIT whose answer passed the tap, in order."""
        database_of = {part.name: part.database for part in self._stack.system.parts}
        return [
            (client, database_of.get(client, ""), marks["committed"])
            for _, client, _, marks in self._stack.board.marked
            if "committed" in marks
        ]

    def _committer(self, said: list[tuple[str, str, str]], database: str, tables: str) -> str:
        """Who committed: the first that said so for these tables; else (its answer was lost) the database's owner."""
        for n, (client, of, which) in enumerate(said):
            if of == database and which == tables:
                del said[n]
                return client
        owners = [part.name for part in self._stack.system.parts if part.database == database]
        return owners[0] if owners else database

    async def _appends(self) -> list[Observed]:
        stack = self._stack
        if stack.topics is None:
            return []
        producers = self._producers()
        observed = []
        for stamp_us, value in await stack.topics.read():
            sent_ms = stack.clock.at_epoch_us(stamp_us)
            sendings = producers.get((value["topic"], value["key"]), [(sent_ms, KAFKA)])
            arrived_ms, producer = sendings.pop(0) if len(sendings) > 1 else sendings[0]
            observed.append(Observed(max(sent_ms, arrived_ms), producer, "append", value))
        return observed

    def _producers(self) -> dict[tuple[str, str], list[tuple[int, str]]]:
        """When each record arrived and who sent it, by topic and message key."""
        found: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for at_ms, client, topic, key in self._stack.board.produced:
            found.setdefault((topic, key), []).append((at_ms, client))
        return found

    def _marks(self) -> list[Observed]:
        """Deliveries, offset commits and polls, as the framers marked them."""
        observed = []
        polls = self._stack.system.polls
        groups = self._stack.board.groups
        database_of = {part.name: part.database for part in self._stack.system.parts}
        for at_ms, client, _, marks in self._stack.board.marked:
            for topic, partition, offset in marks.get("delivered", ()):
                value = self._place(topic, partition, offset) | {"group": groups.get(client, client)}
                observed.append(Observed(at_ms, client, "deliver", value))
            for topic, partition, offset in marks.get("offsets", ()):
                value = self._place(topic, partition, offset) | {"group": marks.get("group", client)}
                observed.append(Observed(at_ms, client, "offsets", value))
            if "selected" in marks:
                table, rows = marks["selected"]
                if ("SELECT", table) in polls:
                    poll = {"db": database_of.get(client, ""), "table": table, "rows": rows}
                    observed.append(Observed(at_ms, client, "poll", poll))
        return observed

    def _place(self, topic: str, partition: int, offset: int) -> dict[str, object]:
        begin = self._stack.topics.begin_of(topic, partition) if self._stack.topics else 0
        return {"topic": topic, "partition": partition, "offset": offset - begin}
