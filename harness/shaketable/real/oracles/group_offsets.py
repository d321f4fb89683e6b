"""The committed offsets of consumer groups, asked of the broker: compared with the ends, moved past what a run left; who is a member."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import KafkaConnectionError, KafkaError

from shaketable.real.bounded_waits import wait_until, within

_ASSIGNORS = (RangePartitionAssignor, RoundRobinPartitionAssignor, StickyPartitionAssignor)
"""A group lets in a member that has a protocol in common with every member that it counts, and Tansu counts one that was killed for long."""
_NOTHING_YET = -1
_SETTLED = ("Stable", "Empty", "Dead")
_LET_IN_WITHIN_S = 20
"""Longer than any session of a member lasts in real time."""
_TRY_EVERY_S = 0.1
_CLOSED_WITHIN_S = 10


async def members_of(bootstrap: str, group: str) -> int:
    """Return how many members the group's coordinator has let in; 0 while they are still joining, or it does not say."""
    admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap, retry_backoff_ms=5)
    try:
        await admin.start()
        answers = await admin.describe_consumer_groups([group])
    except (KafkaError, OSError):
        return 0
    finally:
        what = f"the connection that asks for the members of group {group!r} to close"
        await within(admin.close(), within_s=_CLOSED_WITHIN_S, what=what)
    found = [one for answer in answers for one in answer.to_object()["groups"] if one["group"] == group]
    return sum(len(one["members"]) for one in found if one["state"] == "Stable")


class GroupOffsets:
    """One connection of the harness, past the tap."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin: Any = AIOKafkaAdminClient(bootstrap_servers=bootstrap, retry_backoff_ms=5)

    async def open(self) -> None:
        await self._admin.start()

    async def has_unread(
        self, subscriptions: Mapping[str, frozenset[str]], ends: Mapping[TopicPartition, int]
    ) -> bool:
        """Tell whether a group has not committed all that is on its topics, or the broker does not say.

        `subscriptions` are each group's topics, `ends` the offsets behind the last record of each partition.
        """
        return bool(await self.unread(subscriptions, ends))

    async def unread(
        self, subscriptions: Mapping[str, frozenset[str]], ends: Mapping[TopicPartition, int]
    ) -> list[str]:
        """Return the groups that have not committed all that is on their topics, or of which the broker does not say."""
        behind = await asyncio.gather(
            *(
                self._is_behind(group, {p: end for p, end in ends.items() if p.topic in topics and end})
                for group, topics in subscriptions.items()
            )
        )
        return [group for group, is_behind in zip(subscriptions, behind, strict=True) if is_behind]

    async def forms_anew(self, group: str, heard: Collection[str]) -> bool:
        """Tell whether the group gives its partitions away once more, or the broker does not say.

        `heard` are the members that live. One that the broker counts and that does not live is given up at the end of its
        session; one that lives and that the broker does not count learns so by its next heartbeat.
        """
        if not heard:
            return False  # no member is left that could be given anything
        try:
            answers = await self._admin.describe_consumer_groups([group])
        except (KafkaError, OSError):
            return True
        found = [one for answer in answers for one in answer.to_object()["groups"] if one["group"] == group]
        return any(
            one["state"] not in _SETTLED or {member["member_id"] for member in one["members"]} != set(heard)
            for one in found
        )

    async def skip(
        self, subscriptions: Mapping[str, frozenset[str]], ends: Mapping[TopicPartition, int]
    ) -> None:
        """Commit `ends` for every group, as a member of it: a coordinator lets one in once it has given up those that are dead."""
        await asyncio.gather(
            *(
                self._skip(group, {p: end for p, end in ends.items() if p.topic in topics and end})
                for group, topics in subscriptions.items()
            )
        )

    async def close(self) -> None:
        await self._admin.close()

    async def _skip(self, group: str, ends: Mapping[TopicPartition, int]) -> None:
        if ends:
            what = f"group {group!r} to let us begin behind what is left of a run"
            await wait_until(
                lambda: self._skipped(group, ends),
                within_s=_LET_IN_WITHIN_S,
                every_s=_TRY_EVERY_S,
                what=what,
            )

    async def _skipped(self, group: str, ends: Mapping[TopicPartition, int]) -> bool:
        """Commit `ends` as a member that is given every partition of them; False when the group refuses that.

        It does so while it rebalances once more, and, by an InconsistentGroupProtocolError, while it still counts
        members that divide partitions by none of `_ASSIGNORS`.
        """
        consumer: Any = AIOKafkaConsumer(
            *sorted({partition.topic for partition in ends}),
            bootstrap_servers=self._bootstrap,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="latest",
            max_partition_fetch_bytes=1,
            partition_assignment_strategy=_ASSIGNORS,
            retry_backoff_ms=5,
        )
        try:
            await consumer.start()
            while not ends.keys() <= consumer.assignment():  # within the limit of `_skip`, as all in here
                await asyncio.sleep(_TRY_EVERY_S)
            await consumer.commit(dict(ends))
        except KafkaConnectionError:
            raise  # the broker is gone, not the group busy
        except KafkaError:
            return False
        finally:
            with contextlib.suppress(KafkaError):  # what it was refused for is told once more
                what = f"group {group!r} to let us leave"
                await within(consumer.stop(), within_s=_LET_IN_WITHIN_S, what=what)
        return True

    async def _is_behind(self, group: str, ends: Mapping[TopicPartition, int]) -> bool:
        if not ends:
            return False
        try:
            offsets = await self._admin.list_consumer_group_offsets(group, partitions=list(ends))
        except (KafkaError, OSError):
            return True
        committed = {partition: found.offset for partition, found in offsets.items()}
        return any(committed.get(partition, _NOTHING_YET) < end for partition, end in ends.items())
