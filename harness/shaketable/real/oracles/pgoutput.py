"""PostgreSQL's logical replication messages (pgoutput, protocol version 3), decoded into committed and prepared writes.

(PostgreSQL documentation, "Logical Replication Message Formats".) Tables have REPLICA IDENTITY FULL, so that the
row of a DELETE is whole. Values arrive as text; `shaketable.real.oracles.column_types` makes JSON of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Literal

from shaketable.descriptions.table_name import Place, name_of
from shaketable.errors import HarnessError
from shaketable.history import Json
from shaketable.real.oracles.column_types import ColumnTypes

_EPOCH_2000_US = 946_684_800_000_000
WRITER = "shaketable"
"""The prefix of the logical message in which a transaction names its backend."""


@dataclass(slots=True)
class Commit:
    """One committed transaction: when, its writes in order as (verb, table, row), its place in the log.

    `backend` is the process of the server that made it, if its transaction says so (`WRITER`). One that was prepared comes twice, by
    its name `prepared`: when it is prepared (`what`), and when it is committed or rolled back. What one wrote that has been rolled back when it is read is
    not told any more.
    """

    at_epoch_us: int
    writes: list[tuple[str, str, dict[str, Json]]] = field(default_factory=list)
    lsn: int = 0
    backend: str = ""
    what: Literal["commit", "prepare_transaction", "rollback_prepared"] = "commit"
    prepared: str = ""


class Decoder:
    """Keeps the relations it was told of; feed it messages in log order.

    `types` read the columns, `names` are what tables are called that go by another name than
    `shaketable.descriptions.table_name.name_of` gives them. A server that crashed tells again what it told before: a transaction that was decoded once is passed over.
    """

    def __init__(
        self, types: ColumnTypes | None = None, names: Mapping[Place, str] = MappingProxyType({})
    ) -> None:
        self._types = ColumnTypes() if types is None else types
        self._names = names
        self._last_lsn = 0
        self._relations: dict[int, tuple[str, list[tuple[str, int]]]] = {}
        self._open: Commit | None = None
        self._prepared: dict[str, Commit] = {}

    def decode(self, messages: Iterable[bytes]) -> Iterator[Commit]:
        """Yield the transactions that are complete in `messages` and wrote something."""
        for message in messages:
            kind, body = message[:1], message[1:]
            if kind == b"B":
                self._open = Commit(_instant_us(body, 8))
            elif kind == b"b":
                self._open = Commit(_instant_us(body, 16), what="prepare_transaction")
            elif kind in b"CPKr":
                yield from self._ended(kind, body)
            elif kind == b"R":
                self._learn(body)
            elif kind in (b"I", b"U", b"D"):
                self._write(kind, body)
            elif kind == b"M" and self._open is not None:
                self._hear(body)

    def _ended(self, kind: bytes, body: bytes) -> Iterator[Commit]:
        """Yield what a message completes, unless it was told before."""
        lsn = struct.unpack_from("!Q", body, 9 if kind == b"r" else 1)[0]
        found: Commit | None = None
        if kind in b"CP":
            found, self._open = self._open, None
            if kind == b"P" and found is not None:
                found.prepared, _ = _text(body, 29)
                self._prepared[found.prepared] = found
        else:
            name, _ = _text(body, 29 if kind == b"K" else 37)
            before = self._prepared.pop(name, None)
            if before is not None and kind == b"K":
                found = replace(before, at_epoch_us=_instant_us(body, 17), what="commit")
            elif before is not None:
                found = Commit(
                    _instant_us(body, 25), before.writes, 0, before.backend, "rollback_prepared", name
                )
        if found is not None and (found.writes or found.prepared) and lsn > self._last_lsn:
            found.lsn = lsn
            yield found
        self._last_lsn = max(self._last_lsn, lsn)

    def _learn(self, body: bytes) -> None:
        relation = struct.unpack_from("!i", body)[0]
        schema, at = _text(body, 4)
        table, at = _text(body, at)
        name_there = self._names.get((schema, table)) or name_of(schema, table)
        at += 1  # replica identity
        (count,) = struct.unpack_from("!h", body, at)
        at += 2
        columns = []
        for _ in range(count):
            name, at = _text(body, at + 1)
            columns.append((name, struct.unpack_from("!i", body, at)[0]))
            at += 8
        self._relations[relation] = (name_there, columns)

    def _hear(self, body: bytes) -> None:
        """Take a logical message of the open transaction: behind a flag and its place come its prefix and its content."""
        prefix, at = _text(body, 9)
        (length,) = struct.unpack_from("!i", body, at)
        if prefix == WRITER and self._open is not None:
            self._open.backend = body[at + 4 : at + 4 + length].decode()

    def _write(self, kind: bytes, body: bytes) -> None:
        if self._open is None:
            raise HarnessError("pgoutput: a change outside a transaction")
        table, columns = self._relations[struct.unpack_from("!i", body)[0]]
        at = 4
        before: Mapping[str, Json] = {}
        if kind == b"U" and body[at : at + 1] in (b"K", b"O"):
            before, at = _row(body, at + 1, columns, self._types)
        row, _ = _row(body, at + 1, columns, self._types, before)
        verb = {b"I": "insert", b"U": "update", b"D": "delete"}[kind]
        self._open.writes.append((verb, table, row))


def _instant_us(body: bytes, at: int) -> int:
    return int(struct.unpack_from("!q", body, at)[0]) + _EPOCH_2000_US


def _text(body: bytes, at: int) -> tuple[str, int]:
    end = body.index(b"\0", at)
    return body[at:end].decode(), end + 1


def _row(
    body: bytes,
    at: int,
    columns: list[tuple[str, int]],
    types: ColumnTypes,
    before: Mapping[str, Json] = MappingProxyType({}),
) -> tuple[dict[str, Json], int]:
    """Read a row and where it ends; a long value that did not change stands in the row `before` only."""
    (count,) = struct.unpack_from("!h", body, at)
    at += 2
    row: dict[str, Json] = {}
    for name, type_oid in columns[:count]:
        kind = body[at : at + 1]
        at += 1
        if kind == b"n":
            row[name] = None
        elif kind == b"u" and name in before:
            row[name] = before[name]
        elif kind == b"t":
            (length,) = struct.unpack_from("!i", body, at)
            at += 4
            row[name] = types.value(body[at : at + length].decode(), type_oid)
            at += length
        else:
            raise HarnessError(f"pgoutput: column {name} came as {kind!r}; is REPLICA IDENTITY FULL set?")
    return row, at
