"""The requests of a transactional producer, each a boundary: it takes its id, adds what it will write, and ends.

`INIT_PRODUCER_ID relay`, `ADD_PARTITIONS_TO_TXN orders`, `ADD_OFFSETS_TO_TXN billing`, `TXN_OFFSET_COMMIT orders` and
`END_TXN relay/commit` or `END_TXN relay/abort`: by the transactional id, the topic or the group that each is about.
A producer without a transactional id takes its id when it connects, which is no boundary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from shaketable.boundary import address_key
from shaketable.real.tap.framer import Marks
from shaketable.real.tap.kafka import api
from shaketable.real.tap.kafka.wire_format import Reader

Name = tuple[str, str]
_REFUSALS = (-1, 35)  # an error without a name, an unsupported version
_PRODUCER_BYTES = 10  # its id and its epoch


def read_transaction(reader: Reader, key: int, version: int, marks: Marks) -> Iterator[Name]:
    """Yield the names of a request of a transactional producer."""
    yield from _READ[key](reader, version, marks)


def read_init_reply(reader: Reader, marks: Marks) -> None:
    """Mark that the broker has no such producers: what it answers for good, not what it answers for a while."""
    reader.int32()  # throttle
    error = reader.int16()
    if error in _REFUSALS:
        marks["refused"] = error


def _init(reader: Reader, version: int, marks: Marks) -> Iterator[Name]:
    del version
    transactional_id = reader.text()
    if transactional_id:
        marks["transactional"] = transactional_id
        yield "INIT_PRODUCER_ID", address_key(transactional_id)


def _add_partitions(reader: Reader, version: int, marks: Marks) -> Iterator[Name]:
    del marks
    for _ in range(reader.count() if version >= 4 else 1):
        reader.text()  # transactional id
        reader.skip(_PRODUCER_BYTES + (1 if version >= 4 else 0))  # whether to verify only
        for _ in range(reader.count()):
            yield "ADD_PARTITIONS_TO_TXN", address_key(reader.text() or "")
            reader.skip(4 * reader.count())
            reader.tags()
        reader.tags()


def _add_offsets(reader: Reader, version: int, marks: Marks) -> Iterator[Name]:
    del version, marks
    reader.text()  # transactional id
    reader.skip(_PRODUCER_BYTES)
    yield "ADD_OFFSETS_TO_TXN", address_key(reader.text() or "")


def _commit_offsets(reader: Reader, version: int, marks: Marks) -> Iterator[Name]:
    """Yield one for each topic. What is committed counts once its transaction is, so `pending_offsets` keep it apart."""
    transaction = reader.text() or ""
    group = reader.text() or ""
    reader.skip(_PRODUCER_BYTES)
    if version >= 3:
        reader.int32()  # generation
        reader.text()  # member
        reader.text()  # group instance
    offsets: list[tuple[str, int, int]] = []
    marks["pending_offsets"] = transaction, group, offsets
    for _ in range(reader.count()):
        topic = reader.text() or ""
        yield "TXN_OFFSET_COMMIT", address_key(topic)
        for _ in range(reader.count()):
            offsets.append((topic, reader.int32(), reader.int64()))
            reader.skip(4 if version >= 2 else 0)  # leader epoch
            reader.text()  # metadata
            reader.tags()
        reader.tags()


def _end(reader: Reader, version: int, marks: Marks) -> Iterator[Name]:
    del version
    transaction = reader.text() or ""
    reader.skip(_PRODUCER_BYTES)
    commits = bool(reader.int8())
    marks["ended"] = transaction, commits
    yield "END_TXN", address_key(f"{transaction}/{'commit' if commits else 'abort'}")


_READ: dict[int, Callable[[Reader, int, Marks], Iterator[Name]]] = {
    api.INIT_PRODUCER_ID: _init,
    api.ADD_PARTITIONS_TO_TXN: _add_partitions,
    api.ADD_OFFSETS_TO_TXN: _add_offsets,
    api.TXN_OFFSET_COMMIT: _commit_offsets,
    api.END_TXN: _end,
}
