"""The APIs of Kafka that the tap reads; every other request passes uncounted, whatever its version.

Layouts: the message definitions that Kafka publishes with its clients, read up to the versions given here.
"""

from __future__ import annotations

from dataclasses import dataclass

PRODUCE = 0
FETCH = 1
METADATA = 3
OFFSET_COMMIT = 8
FIND_COORDINATOR = 10
JOIN_GROUP = 11
HEARTBEAT = 12
LEAVE_GROUP = 13
SYNC_GROUP = 14
SASL_HANDSHAKE = 17
INIT_PRODUCER_ID = 22
ADD_PARTITIONS_TO_TXN = 24
ADD_OFFSETS_TO_TXN = 25
END_TXN = 26
TXN_OFFSET_COMMIT = 28
DESCRIBE_CLUSTER = 60
CONSUMER_GROUP_HEARTBEAT = 68

KEY_MAX = 127
"""Kafka 4 uses keys up to the nineties; a larger one is no Kafka request."""
VERSION_MAX = 31


@dataclass(frozen=True, slots=True)
class Api:
    """A request that is read: its name, the last version known here, and the first with the flexible encoding."""

    name: str
    latest: int
    flexible_from: int


READ = {
    PRODUCE: Api("Produce", 13, 9),
    FETCH: Api("Fetch", 18, 12),
    METADATA: Api("Metadata", 13, 9),
    OFFSET_COMMIT: Api("OffsetCommit", 10, 8),
    FIND_COORDINATOR: Api("FindCoordinator", 6, 3),
    JOIN_GROUP: Api("JoinGroup", 9, 6),
    HEARTBEAT: Api("Heartbeat", 4, 4),
    LEAVE_GROUP: Api("LeaveGroup", 5, 4),
    SYNC_GROUP: Api("SyncGroup", 5, 4),
    INIT_PRODUCER_ID: Api("InitProducerId", 6, 2),
    ADD_PARTITIONS_TO_TXN: Api("AddPartitionsToTxn", 5, 3),
    ADD_OFFSETS_TO_TXN: Api("AddOffsetsToTxn", 4, 3),
    END_TXN: Api("EndTxn", 5, 3),
    TXN_OFFSET_COMMIT: Api("TxnOffsetCommit", 5, 3),
    DESCRIBE_CLUSTER: Api("DescribeCluster", 2, 0),
    CONSUMER_GROUP_HEARTBEAT: Api("ConsumerGroupHeartbeat", 1, 0),
}
GROUP_IS_READ = frozenset({JOIN_GROUP, SYNC_GROUP, HEARTBEAT, LEAVE_GROUP, CONSUMER_GROUP_HEARTBEAT})
"""Requests and replies of a group's members: they are no boundaries, but a group that forms anew is at work."""
TRANSACTION_IS_READ = frozenset(
    {INIT_PRODUCER_ID, ADD_PARTITIONS_TO_TXN, ADD_OFFSETS_TO_TXN, END_TXN, TXN_OFFSET_COMMIT}
)
BODY_IS_READ = frozenset({PRODUCE, FETCH, OFFSET_COMMIT}) | GROUP_IS_READ | TRANSACTION_IS_READ
"""Requests of which more is read than their header."""
GROUP_REPLY_IS_READ = GROUP_IS_READ - {LEAVE_GROUP}
REPLY_IS_READ = GROUP_REPLY_IS_READ | {FETCH, PRODUCE, OFFSET_COMMIT, INIT_PRODUCER_ID}
"""Replies of which more is read than their header; those `WITH_ADDRESSES` are read whole."""
PASSES_UNREAD = (GROUP_IS_READ | TRANSACTION_IS_READ) - {JOIN_GROUP}
"""Requests that pass without a name in a version that is not known: the rest of their connection is read all the same."""
WITH_ADDRESSES = frozenset({METADATA, FIND_COORDINATOR, DESCRIBE_CLUSTER})
"""Their replies say where brokers are."""


def is_flexible(key: int, version: int) -> bool:
    """Tell whether this version of an API that is read has the flexible encoding."""
    return version >= READ[key].flexible_from
