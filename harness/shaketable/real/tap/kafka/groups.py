"""What a member says when it joins a consumer group: which group, and which topics it wants to be given."""

from __future__ import annotations

from shaketable.real.tap.kafka.wire_format import Reader, Unreadable

_CONSUMER = "consumer"


def subscribed(reader: Reader, version: int) -> tuple[str, list[str]]:
    """(group, topics) of a JoinGroup request. Raises Unreadable, also for groups that share something else.

    The metadata of a protocol is a structure of its own, always in the classic encoding (ConsumerProtocolSubscription).
    """
    group = reader.text() or ""
    reader.int32()  # session timeout
    if version >= 1:
        reader.int32()  # rebalance timeout
    reader.text()  # member
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
    return group, list(topics)
