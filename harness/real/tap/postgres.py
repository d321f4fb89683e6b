"""PostgreSQL's protocol, version 3, for the tap: an exchange is a simple query, or everything up to a Sync.

(PostgreSQL documentation, "Frontend/Backend Protocol".) BEGIN, ROLLBACK and set-up are not counted. A COMMIT is
named by the tables its transaction wrote, as the server's command tags tell; one that wrote nothing is not
counted. An encrypted connection is opaque. At most HEAD_MAX_BYTES of an unfinished exchange are kept to name it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import ClassVar

from harness.real.tap import sql
from harness.real.tap.framer import HEAD_MAX_BYTES, Exchange, Piece
from harness.real.tap.messages import MessageReader, StreamError

_SSL, _GSS, _CANCEL, _PROTOCOL_3 = 80877103, 80877104, 80877102, 3
_SIMPLE, _PARSE, _BIND, _EXECUTE, _SYNC, _FLUSH, _CLOSE = b"Q", b"P", b"B", b"E", b"S", b"H", b"C"
_READY, _COMPLETE, _COPY_IN = b"Z", b"C", b"G"
_ASIDE = (b"N", b"A", b"S")  # notices, notifications and parameters come at any time and answer nothing


class PostgresFramer:
    """One connection of a client to a PostgreSQL server."""

    in_order: ClassVar[bool] = True

    def __init__(self) -> None:
        self.opaque = ""
        self._client = MessageReader(typed=False)  # the start-up packet has no type byte
        self._server = MessageReader(typed=True)
        self._asked_encryption = 0  # answers of one byte still to come
        self._prepared: dict[bytes, str] = {}
        self._held = b""  # the unit that has no name yet
        self._unit: list[tuple[str, str]] = []  # statements of the unit, in order
        self._unit_exchange: Exchange | None = None
        self._waiting: deque[tuple[Exchange, list[tuple[str, str]]]] = deque()
        self._synced: dict[Exchange, None] = {}  # those of them whose Sync has been sent
        self._answer_open = False
        self._ignored_syncs = (
            0  # a server that waits for COPY's data answers no Sync, but the one behind the data
        )
        self._written: dict[str, None] = {}  # tables the open transaction wrote

    # -- client to server --------------------------------------------------------------------------------

    def client_sent(self, data: bytes) -> Iterator[Piece]:
        if self.opaque:
            yield Piece(data)
            return
        try:
            for part in self._client.feed(data):
                self._held += part.data
                yield from self._client_part(part.kind, part.body, part.whole, part.first)
        except StreamError as error:
            self.opaque = str(error)
        if self.opaque and (rest := self._take_held() + self._client.take_unread()):
            yield Piece(rest)

    def client_closed(self) -> Iterator[Piece]:
        if rest := self._take_held() + self._client.take_unread():
            yield Piece(rest)

    def _client_part(self, kind: bytes, body: bytes, whole: bool, first: bool) -> Iterator[Piece]:
        if not self._client.typed:
            yield from self._startup(body)
            return
        if first:
            self._learn(kind, body)
        if kind == _SYNC and self._ignored_syncs:
            self._ignored_syncs -= 1
            yield Piece(self._take_held())
        elif kind == _SIMPLE or (kind == _SYNC and whole):
            yield from self._release(end=whole)
            if kind == _SYNC:
                self._synced[self._waiting[-1][0]] = None
        elif kind == _FLUSH and self._unit_exchange is None and not self._unit:
            yield Piece(self._take_held())  # a prepare on its own: nothing is executed yet
        elif kind not in (_PARSE, _BIND, _EXECUTE, _CLOSE, b"D", _FLUSH):
            yield Piece(self._take_held())  # terminate, password, copy data
        elif len(self._held) > HEAD_MAX_BYTES or kind == _FLUSH or self._unit_exchange is not None:
            yield from self._release(end=False)

    def _startup(self, body: bytes) -> Iterator[Piece]:
        code = int.from_bytes(body[:4], "big")
        if code in (_SSL, _GSS):
            self._asked_encryption += 1
        elif code >> 16 == _PROTOCOL_3:
            self._client.typed = True
        elif code != _CANCEL:
            raise StreamError("not PostgreSQL's protocol version 3")
        yield Piece(self._take_held())

    def _learn(self, kind: bytes, body: bytes) -> None:
        """Remember what a Parse prepared and what this unit will execute."""
        if kind == _PARSE:
            name, _, rest = body.partition(b"\0")
            self._prepared[name] = rest.partition(b"\0")[0].decode("utf-8", "replace")
        elif kind == _BIND:
            statement = body.partition(b"\0")[2].partition(b"\0")[0]
            self._unit.extend(sql.statements(self._prepared.get(statement, "")))
        elif kind == _SIMPLE:
            self._unit.extend(sql.statements(body.partition(b"\0")[0].decode("utf-8", "replace")))
        elif kind == _CLOSE and body[:1] == b"S":
            self._prepared.pop(body[1:].partition(b"\0")[0], None)

    def _release(self, *, end: bool) -> Iterator[Piece]:
        """Let out what is held of this unit; its first piece names the exchange."""
        first = self._unit_exchange is None
        if first:
            self._unit_exchange = Exchange(names=self._names(self._unit))
            self._waiting.append((self._unit_exchange, self._unit))
        yield Piece(self._take_held(), self._unit_exchange, first=first, last=end)
        if end:
            self._unit = []
            self._unit_exchange = None

    def _names(self, unit: list[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        names: list[tuple[str, str]] = []
        written = dict(self._written)
        for verb, table in unit:
            if verb in sql.BEGINS or verb in sql.ABORTS:
                written.clear()
            elif verb in sql.COMMITS:
                if written:
                    names.append(("COMMIT", ",".join(sorted(written))))
                written.clear()
            elif (
                table and verb.isalpha() and not table.startswith("pg_")
            ):  # a driver asking for types is set-up
                names.append((verb, table))
                if verb in sql.WRITES and len(unit) > 1:
                    written[table] = None
        return tuple(names)

    def _take_held(self) -> bytes:
        held, self._held = self._held, b""
        return held

    # -- server to client --------------------------------------------------------------------------------

    def server_sent(self, data: bytes) -> Iterator[Piece]:
        if self._asked_encryption and data and not self.opaque:
            self._asked_encryption -= 1
            if data[:1] in (b"S", b"G"):
                self.opaque = "encrypted"
                yield Piece(data)
                return
            yield Piece(data[:1])
            data = data[1:]
        if self.opaque:
            yield Piece(data)
            return
        try:
            for part in self._server.feed(data):
                yield self._answer(part.kind, part.data, part.body, part.first, part.whole)
        except StreamError as error:
            self.opaque = str(error)
            if rest := self._server.take_unread():
                yield Piece(rest)

    def server_closed(self) -> Iterator[Piece]:
        if rest := self._server.take_unread():
            yield Piece(rest)

    def _answer(self, kind: bytes, data: bytes, body: bytes, first: bool, whole: bool) -> Piece:
        if not self._waiting or (not self._answer_open and kind in _ASIDE):
            return Piece(data)
        exchange, unit = self._waiting[0]
        opens = not self._answer_open
        self._answer_open = True
        if kind == _COMPLETE and first:
            self._completed(body, unit, exchange)
        elif kind == _COPY_IN and first and exchange in self._synced:
            self._ignored_syncs += 1
        ends = kind == _READY and whole
        if ends:
            self._waiting.popleft()
            self._synced.pop(exchange, None)
            self._answer_open = False
            if body[:1] == b"I":
                self._written.clear()
        return Piece(data, exchange, first=opens, last=ends)

    def _completed(self, body: bytes, unit: list[tuple[str, str]], exchange: Exchange) -> None:
        """A command tag such as `INSERT 0 1`: the statement's rows, which make a COMMIT worth counting."""
        tag = body.partition(b"\0")[0].decode("ascii", "replace").split()
        if not unit or not tag:
            return
        verb, table = unit.pop(0)
        if (tag[0] in sql.WRITES or verb in sql.WRITES) and table and tag[-1] != "0":
            self._written[table] = None  # of a WITH that writes the tag counts what it selects
        elif verb == "SELECT" and table and tag[-1].isdigit():
            exchange.marks["selected"] = (table, int(tag[-1]))
        elif tag[0] == "COMMIT":
            exchange.marks["committed"] = ",".join(sorted(self._written))
