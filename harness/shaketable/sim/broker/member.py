"""A member of a consumer group: its assignment, the positions of its client, and whether the broker hears it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

from shaketable.ports import OffsetReset, Record
from shaketable.sim.broker.log import Log


class Life(Protocol):
    """The incarnation of a process that a member belongs to, such as a `shaketable.sim.channel.Channel`."""

    @property
    def alive(self) -> bool: ...


class Position:
    """The next offset that a member reads from one partition."""

    __slots__ = ("log", "offset")

    def __init__(self, log: Log, offset: int) -> None:
        self.log = log
        self.offset = offset


class Member:
    """One consumer in the group of this name.

    `share` is what the broker has assigned. `generation` and `positions` are what the client knows of it: they
    stay as they are while the client cannot be reached.
    """

    __slots__ = (
        "closed",
        "cursor",
        "generation",
        "group",
        "life",
        "number",
        "positions",
        "process",
        "reset",
        "share",
        "silences",
        "silent",
        "topics",
        "waiter",
    )

    def __init__(
        self,
        group: str,
        process: str,
        number: int,
        topics: tuple[str, ...],
        life: Life,
        reset: OffsetReset = "earliest",
    ) -> None:
        self.group = group
        self.reset = reset
        self.process = process
        self.number = number
        self.topics = topics
        self.life = life
        self.share: list[Log] = []
        self.generation = 0
        self.positions: list[Position] = []
        self.cursor = 0
        self.waiter: asyncio.Future[None] | None = None
        self.closed = False  # by its client, though the broker may not know
        self.silent = False
        self.silences = 0  # so that the timer of an earlier silence does not end a later one

    def __repr__(self) -> str:
        return f"{self.process}-{self.number}"

    def adopt(self, generation: int, committed: Mapping[Log, int]) -> None:
        """Learn the assignment of `generation` and start each partition from its committed offset.

        Every rebalance does so, also for partitions that were kept: what was read and not committed is read
        again (the eager protocol, as aiokafka runs it).
        """
        self.generation = generation
        self.positions = [
            Position(log, committed[log] if log in committed else self._first(log)) for log in self.share
        ]
        self.cursor = 0

    def next_position(self) -> Position | None:
        """Return a position with a record to read, partitions in turn; None when all are read to their end."""
        positions, cursor = self.positions, self.cursor
        for turn in range(cursor, cursor + len(positions)):
            index = turn % len(positions)
            position = positions[index]
            if position.offset < position.log.start:  # what it would read is gone
                position.offset = self._first(position.log)
            if position.offset < len(position.log.records):
                self.cursor = index
                return position
        return None

    def _first(self, log: Log) -> int:
        """Return where it begins in a partition in which it has no position, or one that is gone."""
        return log.start if self.reset == "earliest" else len(log.records)

    def position_of(self, record: Record) -> Position | None:
        """Return where the client reads in the partition of `record`; None when it has lost that partition."""
        for position in self.positions:
            if position.log.partition == record.partition and position.log.topic == record.topic:
                return position
        return None

    def advance(self, record: Record) -> None:
        """Move past `record`, which was delivered, to the next partition."""
        position = self.position_of(record)
        if position is not None and position.offset <= record.offset:
            position.offset = record.offset + 1
        self.cursor += 1

    def rewind(self, record: Record) -> None:
        """Read `record` next, if its partition is still this client's."""
        position = self.position_of(record)
        if position is not None:
            position.offset = record.offset
            self.cursor = self.positions.index(position)

    def wake(self) -> None:
        """Let a waiting client look again: a record, a rebalance or a close has come."""
        waiter = self.waiter
        if waiter is not None and not waiter.done() and self.life.alive:
            waiter.set_result(None)
