"""A topic and a consumer group on a real broker, one step at a time, each waited for until the group has settled."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError
from aiokafka.protocol.commit import OffsetCommitRequest
from aiokafka.structs import OffsetAndMetadata, TopicPartition

from tests.conformance.broker_scripts import PARTITIONS

DEADLINE_S = 30.0
SESSION_MS = 500
_LOOK_AGAIN_S = 0.005

Place = tuple[int, int]
"""(partition, offset)."""


class RealMember:
    """One member. aiokafka is stopped without its goodbye to play a sudden death."""

    def __init__(self, bootstrap: str, group: str, topic: str, name: str) -> None:
        self.consumer: Any = AIOKafkaConsumer(
            topic,
            bootstrap_servers=bootstrap,
            client_id=name,
            group_id=group,
            partition_assignment_strategy=(RangePartitionAssignor,),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=SESSION_MS,
            heartbeat_interval_ms=50,
            fetch_max_wait_ms=10,
            retry_backoff_ms=5,
        )
        self._ghost: tuple[str, int] = ("", -1)

    @property
    def generation(self) -> int:
        return int(self.consumer._coordinator.generation)

    @property
    def assigned(self) -> list[int]:
        return sorted(place.partition for place in self.consumer.assignment())

    async def die(self) -> None:
        coordinator = self.consumer._coordinator
        self._ghost = coordinator.member_id, coordinator.generation
        coordinator._maybe_leave_group = _say_nothing
        await self.consumer.stop()

    async def commit(self, topic: str, place: Place) -> bool:
        """Tell whether the broker took it."""
        partition, offset = place
        try:
            await self.consumer.commit({TopicPartition(topic, partition): OffsetAndMetadata(offset + 1, "")})
        except (CommitFailedError, IllegalStateError):
            return False
        return True

    async def commit_as_ghost(self, through: AIOKafkaProducer, group: str, topic: str, place: Place) -> bool:
        """Send the commit of a member that has died, as if it came out of a long pause: with its old identity."""
        member, generation = self._ghost
        partition, offset = place
        request = OffsetCommitRequest(
            group,
            generation,
            member,
            OffsetCommitRequest.DEFAULT_RETENTION_TIME,
            [(topic, [(partition, offset + 1, "")])],
        )
        client: Any = through.client
        node = next(iter(client.cluster.brokers())).nodeId
        answer = await client.send(node, request)
        ((_, ((_, code),)),) = answer.topics
        return bool(code == 0)


class RealGroup:
    """Everything that a script does, on a topic and a group of its own.

    A broker that does not describe its groups is not waited for when the last member has gone.
    """

    def __init__(self, bootstrap: str, name: str, *, describes: bool = True) -> None:
        self.describes = describes
        self.topic = name
        self.group = f"group-{name}"
        self._bootstrap = bootstrap
        self._members: dict[str, RealMember] = {}
        self._ghosts: dict[str, RealMember] = {}
        self._producer: Any = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=0)
        self._admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap)

    async def open(self) -> None:
        await self._admin.start()
        await self._admin.create_topics([NewTopic(self.topic, PARTITIONS, 1)])
        await self._producer.start()

    async def close(self) -> None:
        for member in self._members.values():
            await member.consumer.stop()
        await self._producer.stop()
        await self._admin.close()

    async def send(self, key: str, value: str) -> Place:
        done = await self._producer.send_and_wait(self.topic, value.encode(), key=key.encode())
        return done.partition, done.offset

    async def join(self, name: str) -> None:
        before = self._generation()
        member = self._members[name] = RealMember(self._bootstrap, self.group, self.topic, name)
        self._ghosts.pop(name, None)
        await member.consumer.start()
        await self._settled(before)

    async def leave(self, name: str) -> None:
        before = self._generation()
        await self._members.pop(name).consumer.stop()
        await self._settled(before)

    async def die(self, name: str) -> None:
        before = self._generation()
        member = self._ghosts[name] = self._members.pop(name)
        await member.die()
        await self._settled(before)

    async def get(self, name: str) -> tuple[Place, str]:
        record = await asyncio.wait_for(self._members[name].consumer.getone(), DEADLINE_S)
        return (record.partition, record.offset), record.value.decode()

    async def commit(self, name: str, place: Place) -> bool:
        member = self._members.get(name)
        if member is not None:
            return await member.commit(self.topic, place)
        return await self._ghosts[name].commit_as_ghost(self._producer, self.group, self.topic, place)

    def is_ghost(self, name: str) -> bool:
        """Tell whether it has died and not come back."""
        return name in self._ghosts

    def assignment(self) -> dict[str, list[int]]:
        return {name: member.assigned for name, member in self._members.items()}

    async def committed(self) -> dict[int, int]:
        """Return the next offset of each partition with a commit."""
        answer = await self._admin.list_consumer_group_offsets(self.group)
        return {place.partition: meta.offset for place, meta in answer.items() if meta.offset >= 0}

    def _generation(self) -> int:
        return max((member.generation for member in self._members.values()), default=-1)

    async def _settled(self, before: int) -> None:
        """Wait until all members are of one generation later than `before` and share all partitions.

        Without a member left: until the broker says that the group is empty.
        """
        async with asyncio.timeout(DEADLINE_S):
            while not (self._is_shared(before) if self._members else await self._is_empty()):
                await asyncio.sleep(_LOOK_AGAIN_S)
            for member in self._members.values():
                # Until it knows where to start reading: a commit that overtook this would be where it starts.
                for place in member.consumer.assignment():
                    await member.consumer.position(place)

    def _is_shared(self, before: int) -> bool:
        members = self._members.values()
        shares = [member.assigned for member in members]
        return (
            len({member.generation for member in members}) == 1
            and self._generation() > before
            and sorted(partition for share in shares for partition in share) == list(range(PARTITIONS))
            and all(shares)
        )

    async def _is_empty(self) -> bool:
        if not self.describes:
            return True
        try:
            (answer,) = await self._admin.describe_consumer_groups([self.group])
        except KafkaError:
            return False
        return all(state == "Empty" for _, _, state, *_ in answer.groups)


async def _say_nothing() -> None:
    return
