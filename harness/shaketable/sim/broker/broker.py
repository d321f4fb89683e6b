"""The broker's state: topics and groups. Time, liveness and the history come from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.ports import Errors, OffsetReset, Record
from shaketable.sim.broker.group import Group
from shaketable.sim.broker.log import Log, StoredRecord
from shaketable.sim.broker.member import Life, Member
from shaketable.sim.broker.partitioner import partition_of
from shaketable.sim.broker.sessions import Sessions
from shaketable.sim.channel import Oracle
from shaketable.subject import Topic


class Broker:
    """Kafka as services see it: acknowledged appends, groups, committed offsets, `earliest`, no auto-commit.

    Records, groups and committed offsets outlive a crash of the broker; they are on disk. `call_later` and
    `is_responsive` are for `sessions`; the world tells them which processes fall silent and which are back.
    """

    def __init__(
        self,
        topics: Sequence[Topic],
        *,
        errors: Errors,
        oracle: Oracle,
        call_later: Callable[[int, Callable[[], None]], object],
        is_responsive: Callable[[str], bool],
        session_timeout_ms: int,
    ) -> None:
        self._topics = {t.name: [Log(t.name, n) for n in range(t.partitions)] for t in topics}
        self._expiring = tuple(t.name for t in topics if t.expires)
        self._groups: dict[str, Group] = {}
        self._members_made = 0
        self._errors = errors
        self._oracle = oracle
        self.sessions = Sessions(self._groups, call_later, is_responsive, session_timeout_ms)

    # -- producers -------------------------------------------------------------------------------------

    def append(
        self,
        process: str,
        topic: str,
        key: str,
        value: Json,
        headers: Mapping[str, str] | None = None,
        producer_id: str = "",
        sequence: int = -1,
    ) -> StoredRecord:
        """Store a record and wake its readers; for a resend of an idempotent producer, return the stored one.

        Raises OutOfOrderSequence when `producer_id` skips a sequence number of its partition.
        """
        logs = self._topics[topic]
        log = logs[partition_of(key, len(logs))]
        if producer_id and (stored := log.resent(producer_id, sequence)) is not None:
            return stored
        record = log.append(key, value, {} if headers is None else headers)
        if producer_id:
            log.number(record, producer_id, sequence)
        effect = {
            "topic": topic,
            "partition": log.partition,
            "offset": record.offset,
            "key": key,
            "value": value,
            "headers": record.headers,
        }
        self._oracle("effect", process, "append", effect)
        for reader in log.readers.values():
            reader.wake()
        return record

    def require(self, topic: str) -> None:
        """Raise HarnessError for a topic that the system does not declare."""
        if topic not in self._topics:
            known = ", ".join(self._topics) or "none"
            raise HarnessError(f"topic {topic!r} is not declared; the system declares {known}")

    # -- consumers -------------------------------------------------------------------------------------

    def join(
        self,
        group: str,
        process: str,
        topics: tuple[str, ...],
        life: Life,
        reset: OffsetReset = "earliest",
    ) -> Member:
        """Add a new member and rebalance. If it is silent already, its session is timed from now."""
        joined = self._group(group)
        self._members_made += 1
        member = Member(group, process, self._members_made, topics, life, reset)
        joined.add(member)
        self.sessions.begin(member)
        return member

    def rejoin(self, member: Member) -> Member:
        """Return the member once it has learnt the present generation, or a new one in its place if evicted."""
        group = self._groups[member.group]
        if member not in group.members:
            return self.join(group.name, member.process, member.topics, member.life, member.reset)
        if member.generation != group.generation:
            member.adopt(group.generation, group.committed)
        return member

    def is_stale(self, member: Member) -> bool:
        """Tell whether the client must rejoin: it was evicted, or the latest rebalance has not reached it."""
        return member.generation != self._groups[member.group].generation

    def leave(self, member: Member) -> None:
        """Remove a member that leaves in order: its partitions go to the others at once."""
        self._groups[member.group].remove(member)

    def put_out(self, process: str) -> list[str]:
        """Remove the members of a process from their groups, as if each had left, and return the groups' names."""
        groups = []
        for group in self._groups.values():
            mine = [m for m in group.members if m.process == process and m.life.alive and not m.closed]
            for member in mine:
                group.remove(member)
            groups += [group.name] if mine else []
        return sorted(groups)

    def deliver(self, member: Member, record: Record) -> None:
        """Advance the position of `member`: `record` has reached its client."""
        member.advance(record)
        effect = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "group": member.group,
        }
        self._oracle("effect", member.process, "deliver", effect)

    def commit(self, member: Member, generation: int, record: Record) -> None:
        """Store the offset after `record`; as in Kafka it may go back.

        Raises `commit_rejected` when `generation` is not the group's, or the partition is another member's.
        """
        group = self._groups[member.group]
        log = self._topics[record.topic][record.partition]
        if generation != group.generation or log.readers.get(group.name) is not member:
            raise self._errors.commit_rejected(
                f"{record.topic}/{record.partition} is not {member}'s in generation {group.generation} of {group.name}"
            )
        offset = record.offset + 1
        group.committed[log] = offset
        effect = {"group": group.name, "topic": record.topic, "partition": record.partition, "offset": offset}
        self._oracle("effect", member.process, "offsets", effect)

    def expire(self, keep: int) -> dict[str, Json] | None:
        """Delete all but the last `keep` records of each partition of a topic that expires; None if that deletes none.

        Return `begins`, where each of those partitions begins now, and `unread`, the groups that have members and had not committed
        all that is gone.
        """
        begins: dict[str, int] = {}
        unread: dict[str, None] = {}
        for name in self._expiring:
            for log in self._topics[name]:
                start = max(log.start, len(log.records) - keep)
                if start == log.start:
                    continue
                log.start = begins[f"{name}/{log.partition}"] = start
                for group in self._groups.values():
                    reads = any(name in member.topics for member in group.members)
                    if reads and group.committed.get(log, 0) < start:
                        unread[group.name] = None
        return {"begins": begins, "unread": sorted(unread)} if begins else None

    # -- what a comparison with a real broker reads ------------------------------------------------------

    def records(self, topic: str) -> list[StoredRecord]:
        """Return everything in `topic`, by partition, then offset."""
        return [record for log in self._topics[topic] for record in log.records]

    def committed(self, group: str, topic: str, partition: int = 0) -> int | None:
        """Return the next offset to read after a restart; None if none was committed."""
        return self._group(group).committed.get(self._topics[topic][partition])

    def assignment(self, group: str) -> dict[str, list[tuple[str, int]]]:
        """Return the (topic, partition) pairs of each member in the present generation, by its name."""
        return {repr(m): [(g.topic, g.partition) for g in m.share] for m in self._group(group).members}

    def generation(self, group: str) -> int:
        """Return the number of the group's present generation."""
        return self._group(group).generation

    def close(self) -> None:
        """Drop every topic and group."""
        for group in self._groups.values():
            group.members.clear()
        for logs in self._topics.values():
            for log in logs:
                log.readers.clear()
        self._groups.clear()
        self._topics.clear()

    def _group(self, name: str) -> Group:
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = Group(name, self._topics, self.sessions.is_heard)
        return group
