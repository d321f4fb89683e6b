"""The requests and replies of a group's members: who joins, who is heard, and what tells of a rebalance.

None of them is a boundary. But a member that waits to be let in, or was told that its group forms anew, is at work: what
it has not committed is given again, to it or to another.
"""

from __future__ import annotations

from shaketable.real.tap.framer import Marks
from shaketable.real.tap.kafka import api
from shaketable.real.tap.kafka.wire_format import Reader, Unreadable

_CONSUMER = "consumer"
_LEAVES, _JOINS = -1, 0  # member epochs of the newer protocol; -2: a static member that will be back


def read_group_request(reader: Reader, key: int, version: int, marks: Marks) -> None:
    """Mark what a request of a member says. Raises Unreadable, also for groups that share something else than topics."""
    if key == api.JOIN_GROUP:
        _read_join(reader, version, marks)
    elif key == api.CONSUMER_GROUP_HEARTBEAT:
        _read_new_heartbeat(reader, marks)
    elif key == api.LEAVE_GROUP:
        marks["left"] = _members_that_leave(reader, version)
    else:
        group = reader.text() or ""
        reader.int32()  # generation
        marks["membership"] = group, reader.text() or ""


def read_group_reply(reader: Reader, key: int, version: int, marks: Marks) -> None:
    """Mark what the reply to a member says: the id that it has now, and whether its group forms anew."""
    if version >= (2 if key == api.JOIN_GROUP else 1) or key == api.CONSUMER_GROUP_HEARTBEAT:
        reader.int32()  # throttle
    error = reader.int16()
    if key == api.HEARTBEAT:
        marks["regroups"] = error != 0
    elif key == api.SYNC_GROUP:
        marks["regroups"] = True
        marks["assigned"] = error == 0
    elif key == api.JOIN_GROUP:
        marks["regroups"] = True
        reader.int32()  # generation
        if version >= 7:
            reader.text()  # protocol type
        reader.text()  # protocol
        reader.text()  # leader
        if version >= 9:
            reader.int8()  # the leader need not assign
        _now_called(reader.text(), marks)
    else:
        reader.text()  # the error in words
        _now_called(reader.text(), marks)
        reader.skip(8)  # epoch; interval of heartbeats
        assigned = reader.int8() >= 0
        marks["regroups"] = assigned or error != 0
        marks["assigned"] = assigned and error == 0


def _read_join(reader: Reader, version: int, marks: Marks) -> None:
    """Mark who joins which group for which topics.

    The metadata of a protocol is a structure of its own, always in the classic encoding (ConsumerProtocolSubscription).
    """
    group = reader.text() or ""
    marks["session_ms"] = reader.int32()
    if version >= 1:
        reader.int32()  # rebalance timeout
    marks["membership"] = group, reader.text() or ""
    if version >= 5:
        reader.text()  # group instance
    if reader.text() != _CONSUMER:
        raise Unreadable("a group that is none of consumers")
    topics: dict[str, None] = {}
    for _ in range(reader.count()):
        reader.text()  # the protocol's name
        metadata = Reader(reader.take(reader.count()))
        metadata.int16()  # its version
        for _ in range(metadata.count()):
            topics[metadata.text() or ""] = None
        reader.tags()
    marks["subscribed"] = group, list(topics)


def _read_new_heartbeat(reader: Reader, marks: Marks) -> None:
    """Mark a heartbeat of KIP-848, by which a member also joins and leaves; its broker knows the session timeout."""
    group = reader.text() or ""
    member = reader.text() or ""
    epoch = reader.int32()
    if epoch <= _LEAVES:
        marks["left"] = [(group, member)]
        return
    marks["membership"] = group, member
    if epoch > _JOINS:
        return
    marks["joins"] = marks["balanced_by_broker"] = True
    reader.text()  # group instance
    reader.text()  # rack
    reader.int32()  # rebalance timeout
    marks["subscribed"] = group, [reader.text() or "" for _ in range(reader.count())]


def _members_that_leave(reader: Reader, version: int) -> list[tuple[str, str]]:
    group = reader.text() or ""
    if version < 3:
        return [(group, reader.text() or "")]
    members = []
    for _ in range(reader.count()):
        members.append((group, reader.text() or ""))
        reader.text()  # group instance
        if version >= 5:
            reader.text()  # the reason
        reader.tags()
    return members


def _now_called(member: str | None, marks: Marks) -> None:
    """Mark the id that the broker gives a member, which a request to join may lack."""
    if member and "membership" in marks:
        marks["membership"] = marks["membership"][0], member
