"""The consumer port: one fetch at a time, each record one message; it waits on events and never polls.

Fetches that fail are repeated inside, as a real client repeats them: a service sees records, or waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from shaketable.boundary import record_address
from shaketable.ports import Errors, OffsetReset, Record
from shaketable.sim.broker.broker import Broker
from shaketable.sim.broker.log import StoredRecord
from shaketable.sim.broker.member import Member
from shaketable.sim.channel import Channel

RETRY_BACKOFF_MS = 100
"""The wait of a client after a failed fetch or join; Kafka's default for retry.backoff.ms."""


class ConsumerClosed(Exception):
    """`get` of a consumer that was closed, before or while it waited."""


class GroupConsumer:
    """A `shaketable.ports.Consumer`: a member of `group` from the first `get` on, a new one after an eviction."""

    __slots__ = (
        "_broker",
        "_channel",
        "_closed",
        "_commit_rejected",
        "_failures",
        "_group",
        "_member",
        "_reset",
        "_sleep",
        "_topics",
        "_turn",
    )

    def __init__(
        self,
        channel: Channel,
        broker: Broker,
        errors: Errors,
        sleep: Callable[[int], Awaitable[None]],
        group: str,
        topics: tuple[str, ...],
        reset: OffsetReset = "earliest",
    ) -> None:
        self._reset = reset
        self._channel = channel
        self._broker = broker
        self._failures = (errors.timeout, errors.connection_lost, errors.refused)
        self._commit_rejected = errors.commit_rejected
        self._sleep = sleep
        self._group = group
        self._topics = topics
        self._member: Member | None = None
        self._closed = False
        self._turn = asyncio.Lock()

    async def get(self) -> Record:
        """Return the next record of the assigned partitions; several callers are served in turn.

        Raises ConsumerClosed. Failures of the wire are not raised: the fetch is repeated.
        """
        async with self._turn:
            while True:
                if not self._channel.alive:
                    raise GeneratorExit  # only clean-up code of a disposed coroutine gets here
                if self._closed:
                    raise ConsumerClosed(f"{self._channel.sender} has closed its consumer in {self._group}")
                member = self._member
                if member is None or self._broker.is_stale(member):
                    await self._join()
                    continue
                record = await self._fetch(member)
                if record is not None:
                    self._broker.deliver(member, record)
                    return record

    async def commit(self, record: Record) -> None:
        """Commit the offset after `record`.

        Raises commit_rejected when the group has moved on or the partition is another member's, and the
        world's timeout, connection_lost or refused error; after the first two of these it may be committed.
        """
        member = self._member
        if member is None:
            raise self._commit_rejected(f"{self._channel.sender} has not joined {self._group}")
        act = partial(self._broker.commit, member, member.generation, record)
        await self._channel.cross("OFFSET_COMMIT", record.topic, act)

    def seek(self, record: Record) -> None:
        """Read `record` next; without effect when its partition is another member's by now."""
        if self._channel.alive and self._member is not None:
            self._member.rewind(record)

    async def close(self) -> None:
        """Leave the group: its partitions go to the others at once. A waiting `get` ends with ConsumerClosed.

        If the message is lost, the member stays until its session times out.
        """
        if self._closed or not self._channel.alive:
            return
        self._closed = True
        if self._member is not None:
            self._member.wake()
            await self._leave(self._member)

    # -- group membership --------------------------------------------------------------------------------

    async def _join(self) -> None:
        try:
            await self._channel.cross("JOIN", self._group, self._enter, counted=False)
        except self._failures:
            await self._sleep(RETRY_BACKOFF_MS)
            return
        if self._closed and self._member is not None:
            await self._leave(self._member)

    def _enter(self) -> None:
        """Join at the broker, or catch up with a rebalance that did not reach this client."""
        member, broker = self._member, self._broker
        if member is None:
            self._member = member = broker.join(
                self._group, self._channel.sender, self._topics, self._channel, self._reset
            )
        else:
            self._member = member = broker.rejoin(member)
        if self._closed:
            broker.sessions.hang_up(member)

    async def _leave(self, member: Member) -> None:
        try:
            await self._channel.cross(
                "LEAVE", self._group, partial(self._broker.leave, member), counted=False
            )
        except self._failures:
            self._broker.sessions.hang_up(member)

    # -- fetching ----------------------------------------------------------------------------------------

    async def _fetch(self, member: Member) -> StoredRecord | None:
        """Return the record at the next position; None when it has to be tried again."""
        position = member.next_position()
        if position is None:
            await self._wait(member)
            return None
        record = position.log.records[position.offset]
        generation = member.generation
        try:
            await self._channel.cross("FETCH", record_address(record.topic, record.key), _served)
        except self._failures:
            await self._sleep(RETRY_BACKOFF_MS)
            return None
        if member.generation != generation or self._broker.is_stale(member) or not self._channel.alive:
            return None  # a rebalance overtook it: a client drops what it fetched under an old assignment
        return record

    async def _wait(self, member: Member) -> None:
        waiter = member.waiter = asyncio.get_running_loop().create_future()
        try:
            await waiter
        finally:
            member.waiter = None


def _served() -> None:
    """Do nothing: a FETCH has no effect at the broker. The record was there before, and stays."""
