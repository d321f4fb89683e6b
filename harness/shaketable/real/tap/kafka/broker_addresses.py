"""Broker addresses in replies: rewritten, so that a client comes back through its own edge whatever broker it needs.

These are the only bytes of a stream that the tap ever changes. NodeEndpoints (the hint in a Produce or Fetch
reply that a partition's leader has moved) keep the broker's own address: only a cluster of several brokers has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from shaketable.real.tap.kafka.api import DESCRIBE_CLUSTER, FIND_COORDINATOR, METADATA, is_flexible
from shaketable.real.tap.kafka.bodies import TopicIds
from shaketable.real.tap.kafka.wire_format import Reader, Unreadable, encode_text

Advertise = Callable[[int, str, int], tuple[str, int]]
"""Says where the client shall find broker `node_id`, which calls itself host and port; it must answer for any id."""

_HEADER_BYTES = 8  # length and correlation id


class _Address(NamedTuple):
    """Host and port of a broker, and the bytes of the reply that say so."""

    start: int
    end: int
    node_id: int
    host: str
    port: int


def rewrite_addresses(key: int, version: int, reply: bytes, advertise: Advertise) -> bytes:
    """Return `reply`, whole and with its length prefix, with the brokers' addresses as advertised.

    Without a change it is the same bytes. Raises Unreadable.
    """
    reader = _body(key, version, reply)
    parts, kept_to = [], 4
    for address in list(_ADDRESSES[key](reader, version)):
        if address.node_id < 0 or not address.host:
            continue  # there is no such broker now
        host, port = advertise(address.node_id, address.host, address.port)
        if (host, port) != (address.host, address.port):
            parts.append(reply[kept_to : address.start])
            parts.append(encode_text(host, flexible=reader.flexible) + port.to_bytes(4, "big"))
            kept_to = address.end
    if not parts:
        return reply
    body = b"".join([*parts, reply[kept_to:]])
    return len(body).to_bytes(4, "big") + body


def learn_topics(version: int, reply: bytes, ids: TopicIds) -> None:
    """Remember the topic ids of a whole Metadata reply. Raises Unreadable."""
    if version < 10:
        return
    reader = _body(METADATA, version, reply)
    for _ in _of_metadata(reader, version):
        pass
    reader.text()  # cluster
    reader.int32()  # controller
    for _ in range(reader.count()):
        reader.int16()  # error
        name, topic_id = reader.text(), reader.take(16)
        if name and any(topic_id):
            ids.learn(topic_id, name)
        reader.int8()  # internal
        for _ in range(reader.count()):
            reader.skip(14)  # error, partition, leader, its epoch
            for _ in range(3):
                reader.skip(4 * reader.count())  # replicas, in sync, offline
            reader.tags()
        reader.int32()  # authorized operations
        reader.tags()


def _body(key: int, version: int, reply: bytes) -> Reader:
    reader = Reader(reply, _HEADER_BYTES, flexible=is_flexible(key, version))
    reader.tags()
    return reader


def _of_metadata(reader: Reader, version: int) -> Iterator[_Address]:
    if version >= 3:
        reader.int32()  # throttle
    for _ in range(reader.count()):
        yield _address(reader)
        if version >= 1:
            reader.text()  # rack
        reader.tags()


def _of_coordinator(reader: Reader, version: int) -> Iterator[_Address]:
    if version >= 1:
        reader.int32()  # throttle
    if version >= 4:
        for _ in range(reader.count()):
            reader.text()  # group
            yield _address(reader)
            reader.int16()  # error
            reader.text()
            reader.tags()
        return
    reader.int16()  # error
    if version >= 1:
        reader.text()
    yield _address(reader)


def _of_cluster(reader: Reader, version: int) -> Iterator[_Address]:
    reader.skip(6)  # throttle, error
    reader.text()
    if version >= 1:
        reader.int8()  # kind of endpoints
    reader.text()  # cluster
    reader.int32()  # controller
    for _ in range(reader.count()):
        yield _address(reader)
        reader.text()  # rack
        if version >= 2:
            reader.int8()  # fenced
        reader.tags()


def _address(reader: Reader) -> _Address:
    node_id, start = reader.int32(), reader.at
    host, port = reader.text(), reader.int32()
    if host is None:
        raise Unreadable("a broker without a host")
    return _Address(start, reader.at, node_id, host, port)


_ADDRESSES: dict[int, Callable[[Reader, int], Iterator[_Address]]] = {
    METADATA: _of_metadata,
    FIND_COORDINATOR: _of_coordinator,
    DESCRIBE_CLUSTER: _of_cluster,
}
