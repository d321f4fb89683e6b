"""The oracle of a Kafka broker: appends, deliveries and offset commits, and whether every group has read all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError

from shaketable.descriptions.placeholders import Address
from shaketable.history import Json
from shaketable.real.oracles.appends import Appends, Record
from shaketable.real.oracles.groups import GroupLog
from shaketable.real.oracles.oracle import Observed, Seen
from shaketable.real.oracles.topics import TopicLog
from shaketable.real.tap.switchboard import Switchboard
from shaketable.subject import System


class BrokerOracle:
    """Fits `shaketable.real.oracles.oracle.Oracle`."""

    def __init__(self, system: System, name: str, address: Callable[[], Address]) -> None:
        self._topics = system.topics
        self._name = name
        self._address = address
        self.log: Any = None  # a TopicLog once it is open
        self.groups: Any = None  # a GroupLog once it is open

    async def open(self) -> None:
        bootstrap = "{}:{}".format(*self._address())
        await self._create_topics(bootstrap)
        self.log, self.groups = TopicLog(bootstrap, self._topics), GroupLog(bootstrap)
        await asyncio.gather(self.log.open(), self.groups.open())

    async def watch(self) -> None:
        """Do nothing: `begin` says from where on."""

    async def begin(self) -> list[Observed]:
        await self.log.begin()
        return []

    async def read(self, seen: Seen) -> list[Observed]:
        return [*await self._appends(seen), *self._marks(seen)]

    async def has_work(self, board: Switchboard) -> bool:
        """Tell whether a group has not committed all that is on its topics, so that something is delivered again."""
        if board.unread_joins:
            return True
        return bool(await self.groups.has_unread(board.subscriptions, await self._ends(board)))

    async def drop_work(self, board: Switchboard) -> None:
        """Let every group begin behind what is on its topics now; what is left of an earlier run names no run by itself."""
        await self.groups.skip(board.subscriptions, await self._ends(board))

    async def close(self) -> None:
        for closing in (self.log, self.groups):
            if closing is not None:
                with contextlib.suppress(
                    Exception
                ):  # a server that is gone already must not keep the rest up
                    await closing.close()

    async def _ends(self, board: Switchboard) -> dict[TopicPartition, int]:
        """Return the offset behind the last record of each partition: what a broker says may be less (`TopicLog`)."""
        ends: dict[TopicPartition, int] = await self.log.ends()
        for place, end in board.delivered.items():
            partition = TopicPartition(*place)
            ends[partition] = max(end, ends.get(partition, 0))
        return ends

    async def _create_topics(self, bootstrap: str) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        await admin.start()
        try:
            for topic in self._topics:
                with contextlib.suppress(TopicAlreadyExistsError):
                    await admin.create_topics([NewTopic(topic.name, topic.partitions, 1)])
        finally:
            await admin.close()

    async def _appends(self, seen: Seen) -> list[Observed]:
        partitions: dict[tuple[str, int], list[tuple[Record, Json]]] = {}
        for stamp_us, value in await self.log.read():
            partition = value["topic"], value["partition"]
            place = (*partition, value["offset"] + self.log.begin_of(*partition))
            record = Record(place, value["key"], stamp_us // 1000, seen.clock.from_epoch_us(stamp_us))
            partitions.setdefault(partition, []).append((record, value))
        board = seen.board
        passed = ((at_ms, marks) for at_ms, _, server, marks in board.marked if server == self._name)
        appends = Appends(board.produced, passed)
        observed = []
        for found in partitions.values():
            found.sort(key=lambda pair: pair[0].place)
            for (at_ms, client), (_, value) in zip(appends.of([one for one, _ in found]), found, strict=True):
                observed.append(Observed(at_ms, client or self._name, "append", value))
        observed.sort(key=lambda append: append.time_ms)
        return observed

    def _marks(self, seen: Seen) -> list[Observed]:
        """Return deliveries and offset commits, as the framers marked them."""
        observed = []
        groups = seen.board.groups
        for at_ms, client, server, marks in seen.board.marked:
            if server != self._name:
                continue
            for topic, partition, offset in marks.get("delivered", ()):
                value = self._place(topic, partition, offset) | {"group": groups.get(client, client)}
                observed.append(Observed(at_ms, client, "deliver", value))
            for topic, partition, offset in marks.get("offsets", ()):
                value = self._place(topic, partition, offset) | {"group": marks.get("group", client)}
                observed.append(Observed(at_ms, client, "offsets", value))
        return observed

    def _place(self, topic: str, partition: int, offset: int) -> dict[str, object]:
        return {
            "topic": topic,
            "partition": partition,
            "offset": offset - self.log.begin_of(topic, partition),
        }
