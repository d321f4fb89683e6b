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
SASL_HANDSHAKE = 17
DESCRIBE_CLUSTER = 60

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
    DESCRIBE_CLUSTER: Api("DescribeCluster", 2, 0),
}
BODY_IS_READ = frozenset({PRODUCE, FETCH, OFFSET_COMMIT, JOIN_GROUP})
"""Requests of which more is read than their header."""
WITH_ADDRESSES = frozenset({METADATA, FIND_COORDINATOR, DESCRIBE_CLUSTER})
"""Their replies say where brokers are."""


def is_flexible(key: int, version: int) -> bool:
    """Tell whether this version of an API that is read has the flexible encoding."""
    return version >= READ[key].flexible_from
