"""What a replication slot reads, by the plugin `pgoutput`: committed transactions and the rows that they inserted.

(PostgreSQL documentation, "Logical Replication Message Formats", version 1.) Values come as text, and are read by the types of
their columns. The publication has the name of the slot.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from shaketable.ports import Row, Scalar

PEEK = (
    "SELECT lsn::text, data FROM pg_logical_slot_peek_binary_changes"
    "($1, NULL, $2, 'proto_version', '1', 'publication_names', $3)"
)
ADVANCE = "SELECT pg_replication_slot_advance($1, $2::text::pg_lsn)"

_INTEGERS = {20: int, 21: int, 23: int}
_BOOL = 16
_RELATION_HEAD, _COLUMN_HEAD, _COMMIT = struct.Struct(">H"), struct.Struct(">ii"), struct.Struct(">BQQ")


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A `LoggedRow`."""

    position: int
    table: str
    row: Row


@dataclass(frozen=True, slots=True)
class PublishedTransaction:
    """A `LoggedTransaction`. Its position is the end of its COMMIT."""

    position: int
    rows: tuple[PublishedRow, ...]


def messages_max(rows_max: int) -> int:
    """Return after how many messages so many rows have been read: BEGIN, row and COMMIT of each, and the table's description."""
    return 3 * rows_max + 1


def whole(changes: Iterable[tuple[str, bytes]], rows_max: int) -> list[PublishedTransaction]:
    """Return the transactions of (position, message), up to that with which `rows_max` is reached."""
    found: list[PublishedTransaction] = []
    count = 0
    for transaction in _transactions(changes):
        if count >= rows_max:
            break
        found.append(transaction)
        count += len(transaction.rows)
    return found


def number(lsn: str) -> int:
    """Return a position that is written as two hexadecimal numbers."""
    high, _, low = lsn.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def lsn(position: int) -> str:
    """Write a position as PostgreSQL does."""
    return f"{position >> 32:X}/{position & 0xFFFFFFFF:X}"


def _transactions(changes: Iterable[tuple[str, bytes]]) -> Iterable[PublishedTransaction]:
    tables: dict[int, tuple[str, list[tuple[str, int]]]] = {}
    rows: list[PublishedRow] = []
    for at, data in changes:
        kind, body = data[:1], data[1:]
        if kind == b"R":
            relation = int.from_bytes(body[:4], "big")
            tables[relation] = _described(body[4:])
        elif kind == b"I":
            table, columns = tables[int.from_bytes(body[:4], "big")]
            rows.append(PublishedRow(number(at), table, _row(body[5:], columns)))
        elif kind == b"C":
            _, _, end = _COMMIT.unpack_from(body)
            if rows:
                yield PublishedTransaction(end, tuple(rows))
            rows = []


def _described(body: bytes) -> tuple[str, list[tuple[str, int]]]:
    """Return the name of a table, and the name and the type of each of its columns."""
    _, body = _text(body)
    table, body = _text(body)
    (count,) = _RELATION_HEAD.unpack_from(body, 1)
    body = body[3:]
    columns = []
    for _ in range(count):
        name, body = _text(body[1:])
        kind, _ = _COLUMN_HEAD.unpack_from(body)
        columns.append((name, kind))
        body = body[_COLUMN_HEAD.size :]
    return table, columns


def _row(body: bytes, columns: list[tuple[str, int]]) -> Row:
    row: Row = {}
    at = 2
    for name, kind in columns:
        if body[at : at + 1] != b"t":
            row[name] = None
            at += 1
            continue
        size = int.from_bytes(body[at + 1 : at + 5], "big")
        row[name] = _value(body[at + 5 : at + 5 + size].decode(), kind)
        at += 5 + size
    return row


def _value(text: str, kind: int) -> Scalar:
    if kind == _BOOL:
        return text == "t"
    read: Callable[[str], Scalar] = _INTEGERS.get(kind, str)
    return read(text)


def _text(body: bytes) -> tuple[str, bytes]:
    end = body.index(b"\0")
    return body[:end].decode(), body[end + 1 :]
