"""A broker that tells every access: of the ends of partitions, records, committed offsets, and the members of groups.

A rebalance is told of the process that joins or leaves; one that a timeout causes is the broker's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shaketable.access import NoteAccess
from shaketable.history import Json
from shaketable.ports import Errors, OffsetReset, Record
from shaketable.sim.broker.broker import Broker
from shaketable.sim.broker.log import StoredRecord
from shaketable.sim.broker.member import Life, Member
from shaketable.sim.channel import Oracle
from shaketable.subject import Topic


class RecordedBroker(Broker):
    """The same broker."""

    def __init__(
        self,
        note: NoteAccess,
        topics: Sequence[Topic],
        *,
        errors: Errors,
        oracle: Oracle,
        call_later: Callable[[int, Callable[[], None]], object],
        is_responsive: Callable[[str], bool],
        session_timeout_ms: int,
    ) -> None:
        super().__init__(
            topics,
            errors=errors,
            oracle=oracle,
            call_later=call_later,
            is_responsive=is_responsive,
            session_timeout_ms=session_timeout_ms,
        )
        self._note = note

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
        """See `Broker.append`."""
        record = super().append(process, topic, key, value, headers, producer_id, sequence)
        self._note(process, "write", f"{topic}/{record.partition}", "PRODUCE")
        return record

    def join(
        self,
        group: str,
        process: str,
        topics: tuple[str, ...],
        life: Life,
        reset: OffsetReset = "earliest",
    ) -> Member:
        """See `Broker.join`."""
        self._note(process, "write", _members(group), "JOIN")
        return super().join(group, process, topics, life, reset)

    def leave(self, member: Member) -> None:
        """See `Broker.leave`."""
        self._note(member.process, "write", _members(member.group), "LEAVE")
        super().leave(member)

    def deliver(self, member: Member, record: Record) -> None:
        """See `Broker.deliver`. That the record is there was decided before; what competes is who reads it."""
        self._note(member.process, "read", _members(member.group), "FETCH")
        self._note(member.process, "read", _offset(member.group, record), "FETCH")
        super().deliver(member, record)

    def commit(self, member: Member, generation: int, record: Record) -> None:
        """See `Broker.commit`."""
        self._note(member.process, "read", _members(member.group), "OFFSET_COMMIT")
        super().commit(member, generation, record)
        self._note(member.process, "write", _offset(member.group, record), "OFFSET_COMMIT")


def _members(group: str) -> str:
    return f"the members of {group}"


def _offset(group: str, record: Record) -> str:
    return f"{group}'s offset in {record.topic}/{record.partition}"
