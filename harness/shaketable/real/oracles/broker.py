"""The oracle of a Kafka broker: appends, deliveries and offset commits, and whether every group has read all."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError

from shaketable.descriptions.placeholders import Address
from shaketable.history import Json
from shaketable.real.bounded_waits import wait_until, within
from shaketable.real.oracles.appends import Appends, Place, Record
from shaketable.real.oracles.group_offsets import GroupOffsets
from shaketable.real.oracles.oracle import Observed, Seen
from shaketable.real.oracles.topics import TopicLog
from shaketable.real.tap.switchboard import Switchboard
from shaketable.subject import System

_CREATED_WITHIN_S = 30
_TRIED_EVERY_S = 0.1


class BrokerOracle:
    """Fits `shaketable.real.oracles.oracle.Oracle`."""

    def __init__(self, system: System, name: str, address: Callable[[], Address]) -> None:
        self._topics = system.topics
        self._name = name
        self._address = address
        self.log: Any = None  # a TopicLog once it is open
        self.groups: Any = None  # a GroupOffsets once it is open
        self._committed: Any = None  # a TopicLog too, once a producer has transactions

    async def open(self) -> None:
        bootstrap = "{}:{}".format(*self._address())
        await self._create_topics(bootstrap)
        self.log, self.groups = TopicLog(bootstrap, self._topics), GroupOffsets(bootstrap)
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
        if board.unread_joins or await self._has_open_transaction(board):
            return True
        return bool(await self.groups.has_unread(board.subscriptions, await self._ends(board)))

    async def is_unsettled(self, board: Switchboard) -> bool:
        """Tell whether a transaction is open, or a group that has not read all gives its partitions away once more."""
        if await self._has_open_transaction(board):
            return True
        if not board.subscriptions:
            return False
        alive_since_s = time.monotonic() - board.session_s
        alive = [member for member, heard_s in board.heard.items() if heard_s >= alive_since_s]
        for group in await self.groups.unread(board.subscriptions, await self._ends(board)):
            heard = {member for of_group, member in alive if of_group == group}
            if group not in board.balanced_by_broker and await self.groups.forms_anew(group, heard):
                return True
        return False

    async def drop_work(self, board: Switchboard) -> None:
        """Let every group begin behind what is on its topics now; what is left of an earlier run names no run by itself."""
        await self.groups.skip(board.subscriptions, await self._ends(board))

    async def expire(self, keep: int, board: Switchboard) -> dict[str, Json] | None:
        """See `shaketable.real.oracles.oracle.ExpiringOracle`. Where producers have transactions nothing is deleted."""
        expiring = [topic.name for topic in self._topics if topic.expires]
        if not expiring or board.transactional:
            return None
        starts = await self.log.expire(expiring, keep)
        if not starts:
            return None
        alive_since_s = time.monotonic() - board.session_s
        alive = {group for (group, _), heard_s in board.heard.items() if heard_s >= alive_since_s}
        reading = {group: topics for group, topics in board.subscriptions.items() if group in alive}
        begins = {f"{p.topic}/{p.partition}": s - self.log.begin_of(*p) for p, s in starts.items()}
        return {"begins": begins, "unread": sorted(await self.groups.unread(reading, starts))}

    async def close(self) -> None:
        for closing in (self.log, self._committed, self.groups):
            if closing is not None:
                with contextlib.suppress(
                    Exception
                ):  # a server that is gone already must not keep the rest up
                    await closing.close()

    async def _create_topics(self, bootstrap: str) -> None:
        """Create every topic. HarnessError when the broker, which answers already, does not let itself be used in time."""
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
        missing = list(self._topics)
        last: Exception | None = None

        async def created() -> bool:
            nonlocal last
            while missing:
                topic = missing[0]
                try:
                    with contextlib.suppress(TopicAlreadyExistsError):
                        await admin.create_topics([NewTopic(topic.name, topic.partitions, 1)])
                except (KafkaError, AttributeError) as error:  # it knows of no controller yet
                    last = error
                    with contextlib.suppress(KafkaError):
                        await admin._client.force_metadata_update()
                    return False
                missing.pop(0)
            return True

        what = f"{self._name} to create {', '.join(topic.name for topic in self._topics)}"
        try:
            await within(admin.start(), within_s=_CREATED_WITHIN_S, what=what)
            await wait_until(
                created,
                within_s=_CREATED_WITHIN_S,
                every_s=_TRIED_EVERY_S,
                what=what,
                explain=lambda: repr(last),
            )
        finally:
            closing = f"the connection that created topics at {self._name} to close"
            await within(admin.close(), within_s=_CREATED_WITHIN_S, what=closing)

    async def _ends(self, board: Switchboard) -> dict[TopicPartition, int]:
        """Return the offset behind the last record of each partition."""
        ends: dict[TopicPartition, int] = await self.log.ends()
        if (
            board.transactional
        ):  # behind the last record stands the mark of its transaction, which no group commits
            committed = await self._committed_log()
            await committed.read()
            ends = {p: min(end, committed.behind_records.get(p, 0)) for p, end in ends.items()}
        for place, end in board.delivered.items():  # what a broker says may be less: see `TopicLog`
            partition = TopicPartition(*place)
            ends[partition] = max(end, ends.get(partition, 0))
        return {p: end for p, end in ends.items() if self.log.start_of(p) < end or end == 0}

    async def _committed_log(self) -> TopicLog:
        """Return the log without aborted records, at the beginning of the run."""
        if self._committed is None:
            self._committed = TopicLog("{}:{}".format(*self._address()), self._topics, committed_only=True)
            await self._committed.open()
        self._committed.begin_like(self.log)
        committed: TopicLog = self._committed
        return committed

    async def _has_open_transaction(self, board: Switchboard) -> bool:
        """Tell whether records stand on a topic of which it is not decided whether they count."""
        if not board.transactional:
            return False
        decided = await (await self._committed_log()).ends()
        ends: dict[TopicPartition, int] = await self.log.ends()
        return any(decided[partition] < end for partition, end in ends.items())

    async def _appends(self, seen: Seen) -> list[Observed]:
        partitions: dict[tuple[str, str, int], list[tuple[Record, Json]]] = {}
        outcome_of = await self._outcomes(seen.board)
        for stamp_us, value in await self.log.read():
            topic, partition = value["topic"], value["partition"]
            place = topic, partition, value["offset"] + self.log.begin_of(topic, partition)
            record = Record(place, value["key"], stamp_us // 1000, seen.clock.from_epoch_us(stamp_us))
            partitions.setdefault((outcome_of(place), topic, partition), []).append((record, value))
        board = seen.board
        passed = ((at_ms, marks) for at_ms, _, server, marks in board.marked if server == self._name)
        appends = Appends(board.produced, passed)
        observed = []
        for (name, *_), found in partitions.items():
            found.sort(key=lambda pair: pair[0].place)
            for (at_ms, client), (_, value) in zip(appends.of([one for one, _ in found]), found, strict=True):
                observed.append(Observed(at_ms, client or self._name, name, value))
        observed.sort(key=lambda append: append.time_ms)
        return observed

    async def _outcomes(self, board: Switchboard) -> Callable[[Place], str]:
        """Return what says of a place on a topic whether its record counts: `append`, `aborted` or `open`."""
        if not board.transactional:
            return lambda _: "append"
        log = await self._committed_log()
        decided = await log.ends()
        counts = {
            (v["topic"], v["partition"], v["offset"] + log.begin_of(v["topic"], v["partition"]))
            for _, v in await log.read()
        }

        def outcome(place: Place) -> str:
            if place in counts:
                return "append"
            return "aborted" if place[2] < decided[TopicPartition(*place[:2])] else "open"

        return outcome

    def _marks(self, seen: Seen) -> list[Observed]:
        """Return deliveries and offset commits, as the framers marked them."""
        observed = []
        groups = seen.board.groups
        pending: dict[str, list[tuple[str, Place]]] = {}  # offsets by transaction
        for at_ms, client, server, marks in seen.board.marked:
            if server != self._name:
                continue
            for topic, partition, offset in marks.get("delivered", ()):
                value = self._place(topic, partition, offset) | {"group": groups.get(client, client)}
                observed.append(Observed(at_ms, client, "deliver", value))
            for topic, partition, offset in marks.get("offsets", ()):
                value = self._place(topic, partition, offset) | {"group": marks.get("group", client)}
                observed.append(Observed(at_ms, client, "offsets", value))
            if "pending_offsets" in marks:
                transaction, group, offsets = marks["pending_offsets"]
                pending.setdefault(transaction, []).extend((group, place) for place in offsets)
            if "ended" in marks:
                transaction, commits = marks["ended"]
                for group, place in pending.pop(transaction, ()):
                    if commits:
                        observed.append(
                            Observed(at_ms, client, "offsets", self._place(*place) | {"group": group})
                        )
        return observed

    def _place(self, topic: str, partition: int, offset: int) -> dict[str, object]:
        return {
            "topic": topic,
            "partition": partition,
            "offset": offset - self.log.begin_of(topic, partition),
        }
