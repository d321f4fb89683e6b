"""Effects that the oracles of a real run saw, and the one history that is merged from them and the live record.

At equal times an append comes before a commit (a mark follows what it marks), and what was written live keeps
its own order. The run's namespace is taken off everything; what an earlier run left unfinished is no part of this one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from shaketable.history import Event, History, Json, Kind
from shaketable.real.stack.launcher import KAFKA
from shaketable.real.stack.namespace import Namespace
from shaketable.real.stack.stack import Stack

_APPEND, _LIVE, _COMMIT = 0, 1, 2


class Observed(msgspec.Struct, frozen=True):
    """An effect that an oracle read."""

    time_ms: int
    process: str
    name: str
    value: Json
    kind: Kind = "effect"


class EffectReader:
    """Reads the commit log, the topics and what the framers marked, as the effects that the simulated world records."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    async def read(self) -> list[Observed]:
        """Return every effect of the run, in no particular order across oracles."""
        commits, appends = await asyncio.gather(self._commits(), self._appends())
        return [*commits, *appends, *self._marks()]

    async def _commits(self) -> list[Observed]:
        stack = self._stack
        if stack.commits is None:
            return []
        seen = self._commits_at_the_tap()
        observed = []
        for database, commit in await stack.commits.read():
            tables = ",".join(sorted({table for _, table, _ in commit.writes}))
            at_ms = stack.clock.from_epoch_us(commit.at_epoch_us)
            process = self._committer(seen, database, tables)
            writes = [list(write) for write in commit.writes]
            observed.append(Observed(at_ms, process, "commit", {"db": database, "writes": writes}))
        return observed

    def _commits_at_the_tap(self) -> list[tuple[str, str, str]]:
        """List (process, database, tables) of each COMMIT whose answer passed the tap, in order."""
        database_of = {part.name: part.database for part in self._stack.system.parts}
        return [
            (client, database_of.get(client, ""), marks["committed"])
            for _, client, _, marks in self._stack.board.marked
            if "committed" in marks
        ]

    def _committer(self, seen: list[tuple[str, str, str]], database: str, tables: str) -> str:
        """Take the first process seen to commit these tables; else (the answer was lost) name the database's owner."""
        for n, (client, of, which) in enumerate(seen):
            if of == database and which == tables:
                del seen[n]
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
            sent_ms = stack.clock.from_epoch_us(stamp_us)
            sendings = producers.get((value["topic"], value["key"]), [(sent_ms, KAFKA)])
            arrived_ms, producer = sendings.pop(0) if len(sendings) > 1 else sendings[0]
            observed.append(Observed(max(sent_ms, arrived_ms), producer, "append", value))
        return observed

    def _producers(self) -> dict[tuple[str, str], list[tuple[int, str]]]:
        """Map (topic, message key) to when its records arrived and which client sent them."""
        found: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for at_ms, client, topic, key in self._stack.board.produced:
            found.setdefault((topic, key), []).append((at_ms, client))
        return found

    def _marks(self) -> list[Observed]:
        """Return deliveries, offset commits and polls, as the framers marked them."""
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


def merge(live: History, observed: Iterable[Observed], namespace: Namespace) -> History:
    """Return the whole history, its events numbered anew."""
    entries: list[tuple[int, int, int, Event | Observed]] = []
    latest = 0
    for event in live.events:
        latest = max(latest, event.time_ms)  # the live record is in order, whatever its stamps say
        entries.append((latest, _LIVE, event.index, event))
    for n, effect in enumerate(observed):
        if namespace.is_of_another_run(effect.value):
            continue
        rank = _APPEND if effect.name == "append" else _COMMIT
        entries.append((effect.time_ms, rank, n, effect))
    entries.sort(key=lambda entry: entry[:3])
    places = {e.index: place for place, (_, _, _, e) in enumerate(entries) if isinstance(e, Event)}
    merged = History()
    for time_ms, _, _, entry in entries:
        ref = places.get(entry.ref, -1) if isinstance(entry, Event) else -1
        value = namespace.off_in(entry.value)
        merged.add(max(0, time_ms), entry.kind, entry.process, entry.name, value, ref)
    return merged
