"""PostgreSQL's protocol, version 3, for the tap: an exchange is a simple query, or everything up to a Sync.

(PostgreSQL documentation, "Frontend/Backend Protocol".) BEGIN, ROLLBACK and set-up are not counted. A COMMIT is
named by the tables its transaction wrote, as the server's command tags tell; one that wrote nothing is not
counted. A portal that is executed again, for more of its rows, is a FETCH. An encrypted connection is opaque. At most HEAD_MAX_BYTES of an unfinished exchange are kept to name it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import ClassVar

from shaketable.real.tap import sql
from shaketable.real.tap.framer import HEAD_MAX_BYTES, Exchange, Piece
from shaketable.real.tap.postgres_messages import (
    LENGTH_BYTES,
    TOO_MANY_CLIENTS,
    MessageReader,
    behind_text,
    error_message,
    text_at,
)
from shaketable.real.tap.postgres_session import PostgresSession
from shaketable.real.tap.postgres_stead import CANCEL_CODE, CANCELS_NOTHING, ENDS_ITSELF, rolled_back
from shaketable.real.tap.sql import Statement

_SSL, _GSS, _PROTOCOL_3 = 80877103, 80877104, 3
_SIMPLE, _PARSE, _BIND, _EXECUTE, _SYNC, _FLUSH, _CLOSE = b"QPBESHC"
_IN_UNIT = b"PBECDH"
_READY, _COMPLETE, _COPY_IN, _BACKEND = b"ZCGK"
_ASIDE = b"NAS"  # notices, notifications and parameters come at any time and answer nothing
_HEAD_BYTES = 1 + LENGTH_BYTES
_READY_BYTES = _HEAD_BYTES + 1
Asked = tuple[bytes, bytes]
"""The text of a statement, and the part of the message that bound its parameters behind the names."""
NOTHING_ASKED: Asked = (b"", b"")


def _ignore(_: str) -> None: ...


def _never() -> bool:
    return False


class PostgresFramer:
    """One connection of a client to a PostgreSQL server.

    `note_session` is told the process of the server that serves it (BackendKeyData). `refuses_session` is asked when a
    client is about to connect, or to begin something on a connection that stands idle: either is refused with 53300.
    """

    in_order: ClassVar[bool] = True

    def __init__(
        self, note_session: Callable[[str], None] = _ignore, refuses_session: Callable[[], bool] = _never
    ) -> None:
        self.opaque = ""
        self._note_session = note_session
        self._refuses_session = refuses_session
        self._is_refused = False  # before it began: nothing of the client goes on
        self._client = MessageReader(typed=False)  # the start-up packet has no type byte
        self._server = MessageReader(typed=True)
        self._asked_encryption = 0  # answers of one byte still to come
        self._prepared: dict[bytes, tuple[Statement, ...]] = {}
        self._unit: list[Statement] = []  # of the unit that is being sent, in order
        self._unit_exchange: Exchange | None = None
        self._waiting: deque[tuple[Exchange, list[Statement]]] = deque()
        self._synced: dict[Exchange, None] = {}  # those of them whose Sync has been sent
        self._answer_open = False
        # A server that waits for COPY's data answers no Sync, but the one behind the data.
        self._ignored_syncs = 0
        self._session = PostgresSession()
        # of earlier units; the next one may take more of their rows
        self._portals: dict[bytes, tuple[Statement, ...]] = {}
        self._bound: dict[bytes, tuple[Statement, ...]] = {}  # of this unit
        self._texts: dict[bytes, bytes] = {}  # of what is prepared
        self._asked: Asked = NOTHING_ASKED  # of this unit, the last statement
        self._asked_by: dict[Exchange, Asked] = {}  # of those of `_waiting`
        self._is_plain = True  # this unit leaves nothing prepared or closed
        self._whole: dict[
            Exchange, None
        ] = {}  # those of `_waiting` that may be replaced, for they came as one piece
        self._status = b"I"
        self._revoked: dict[Exchange, bytes] = {}  # the error that each is answered with

    # -- client to server --------------------------------------------------------------------------------

    def client_sent(self, data: bytes) -> list[Piece]:
        if self.opaque:
            return [Piece(self._client.take_rest() + data)]
        if self._is_refused:
            return []
        reader, pieces = self._client, []
        parts = reader.feed(data)
        while parts and not reader.typed:
            _, at, end, _, _ = parts[0]
            self._start_up(reader.data[at + LENGTH_BYTES : end])
            if reader.typed and self._refuses_session():
                self._is_refused = True
                return [*pieces, Piece(CANCELS_NOTHING)]
            pieces.append(Piece(reader.take(end)))
            parts = [] if self.opaque else reader.feed(b"")
        passed = (self._client_part(reader, *part) for part in parts)
        pieces += [piece for piece in passed if piece is not None]
        return self._unless_broken(reader, pieces)

    def client_closed(self) -> list[Piece]:
        return _pieces(self._client.take_rest())

    def _client_part(
        self, reader: MessageReader, kind: int, at: int, end: int, first: bool, whole: bool
    ) -> Piece | None:
        """Return what goes on now that this part is here, with what was kept in front of it."""
        if first:
            self._learn(kind, reader.data, at + _HEAD_BYTES, min(end, at + HEAD_MAX_BYTES))
        if kind == _SYNC and self._ignored_syncs:
            self._ignored_syncs -= 1
            return Piece(reader.take(end))
        if kind == _SIMPLE or (kind == _SYNC and whole):
            piece = self._release(reader.take(end), end=whole)
            if kind == _SYNC:
                self._synced[self._waiting[-1][0]] = None
            return piece
        if kind not in _IN_UNIT:
            return Piece(reader.take(end))  # terminate, password, copy data
        if kind == _FLUSH and self._unit_exchange is None and not self._unit:
            self._is_plain = True
            return Piece(reader.take(end))  # a prepare on its own: nothing is executed yet
        if kind == _FLUSH or self._unit_exchange is not None or reader.untaken_bytes(end) > HEAD_MAX_BYTES:
            return self._release(reader.take(end), end=False)
        return None

    def _start_up(self, body: bytes) -> None:
        code = int.from_bytes(body[:4], "big")
        if code in (_SSL, _GSS):
            self._asked_encryption += 1
        elif code >> 16 == _PROTOCOL_3:
            self._client.typed = True
        elif code != CANCEL_CODE:
            self.opaque = "not PostgreSQL's protocol version 3"

    def _learn(self, kind: int, data: bytes, at: int, end: int) -> None:
        """Remember what a Parse prepared and what this unit will execute; the message's content is at `at`."""
        if kind == _BIND:
            name_at = behind_text(data, at, end)
            statements = self._prepared.get(text_at(data, name_at, end), ())
            self._unit += statements
            self._bound[text_at(data, at, end)] = statements
            text = self._texts.get(text_at(data, name_at, end), b"")
            self._asked = text, data[behind_text(data, name_at, end) : end]
        elif kind == _EXECUTE:
            portal = text_at(data, at, end)
            if portal not in self._bound:
                self._unit += [("FETCH", table) for _, table in self._portals.get(portal, ()) if table]
        elif kind == _SIMPLE:
            self._asked = text_at(data, at, end), b""
            self._unit += self._statements(self._asked[0])
        elif kind == _PARSE:
            text = text_at(data, behind_text(data, at, end), end)
            name = text_at(data, at, end)
            self._prepared[name] = self._statements(text)
            self._texts[name] = text
            self._is_plain = self._is_plain and not name
        elif kind == _CLOSE:
            self._is_plain = False
            is_statement, name = data[at : at + 1] == b"S", text_at(data, at + 1, end)
            (self._prepared if is_statement else self._portals).pop(name, None)
            if is_statement:
                self._texts.pop(name, None)

    def _statements(self, text: bytes) -> tuple[Statement, ...]:
        said = text.decode("utf-8", "replace")
        statements = sql.statements(said)
        if any(verb == "DECLARE" for verb, _ in statements):
            self._session.declare(sql.cursors(said))
        return statements

    def _release(self, data: bytes, *, end: bool) -> Piece:
        """Let out what was held of this unit; its first piece names the exchange."""
        exchange = self._unit_exchange
        first = exchange is None
        if exchange is None:
            exchange = self._unit_exchange = Exchange(self._session.names(self._unit))
            if end and self._status == b"I" and not self._waiting and self._refuses_session():
                self._revoked[exchange] = error_message(TOO_MANY_CLIENTS)
                data = ENDS_ITSELF
            self._waiting.append((exchange, self._unit))
            self._asked_by[exchange] = self._asked
            if end and self._is_plain and exchange.names:
                self._whole[exchange] = None
        if end:
            self._unit = []
            self._unit_exchange = None
            self._is_plain = True
            if self._bound:
                self._portals.update(self._bound)
                self._bound = {}
        return Piece(data, exchange, first, end)

    def roll_back(self, exchange: Exchange, verb: str, sqlstate: str) -> bytes | None:
        """See `shaketable.real.tap.framer.Revoking`. What is sent instead is an error of its own, a ROLLBACK, or its end.

        Only a unit that came whole is replaced, and none that ends another transaction first.
        """
        if exchange not in self._whole or self._status == b"E":
            return None
        unit = next(unit for waiting, unit in self._waiting if waiting is exchange)
        instead = rolled_back(verb, [said for said, _ in unit], sqlstate, is_open=self._status == b"T")
        if instead is not None:
            self._revoked[exchange] = error_message(sqlstate)
        return instead

    # -- server to client --------------------------------------------------------------------------------

    def server_sent(self, data: bytes) -> list[Piece]:
        reader = self._server
        if self.opaque:
            return [Piece(reader.take_rest() + data)]
        pieces = []
        if self._asked_encryption and data:
            self._asked_encryption -= 1
            if data[:1] in (b"S", b"G"):
                self.opaque = "encrypted"
                return [Piece(data)]
            pieces.append(Piece(data[:1]))
            data = data[1:]
        opens = False  # the answer begins in what has not been taken yet
        for kind, at, end, first, whole in reader.feed(data):
            if (
                kind == _BACKEND and whole
            ):  # the process that serves this connection, and a secret to cancel it by
                pid_at = at + _HEAD_BYTES
                self._note_session(str(int.from_bytes(reader.data[pid_at : pid_at + 4], "big")))
            if not self._answer_open:
                if not self._waiting or kind in _ASIDE:
                    continue
                pieces += _pieces(reader.take(at))
                self._answer_open = opens = True
            exchange = self._waiting[0][0]
            is_revoked = exchange in self._revoked
            if kind == _COMPLETE and first and not is_revoked:
                self._completed(text_at(reader.data, at + _HEAD_BYTES, min(end, at + HEAD_MAX_BYTES)))
            elif kind == _COPY_IN and first and exchange in self._synced:
                self._ignored_syncs += 1
            elif kind == _READY and whole:
                self._waiting.popleft()
                self._synced.pop(exchange, None)
                self._asked_by.pop(exchange, None)
                self._whole.pop(exchange, None)
                self._answer_open = False
                self._note_status(reader.data[at + _HEAD_BYTES : end])
                answer = reader.take(end)
                if is_revoked:
                    answer, opens = self._revoked.pop(exchange) + answer[-_READY_BYTES:], True
                pieces.append(Piece(answer, exchange, opens, True))
                opens = False
        if rest := reader.take():
            answering = self._waiting[0][0] if self._answer_open else None
            if answering not in self._revoked:
                pieces.append(Piece(rest, answering, opens))
        return self._unless_broken(reader, pieces)

    def server_closed(self) -> list[Piece]:
        if self._is_refused:
            return [Piece(error_message(TOO_MANY_CLIENTS))]
        rest = self._server.take_rest()
        if self._waiting and (exchange := self._waiting[0][0]) in self._revoked:
            return [Piece(self._revoked.pop(exchange), exchange, True, True)]
        return _pieces(rest)

    def _completed(self, tag_text: bytes) -> None:
        """Read a command tag such as `INSERT 0 1`: the rows that were written make a COMMIT worth counting."""
        exchange, unit = self._waiting[0]
        tag = tag_text.decode("ascii", "replace").split()
        if not unit or not tag:
            return
        selected = self._session.completed(unit.pop(0), tag)
        if selected is not None:
            exchange.marks["selected"] = selected
            exchange.marks["asked"] = self._asked_by.get(exchange, NOTHING_ASKED)

    def _note_status(self, status: bytes) -> None:
        self._status = status
        if status == b"I":
            self._session.is_idle()
            self._portals.clear()

    def _unless_broken(self, reader: MessageReader, pieces: list[Piece]) -> list[Piece]:
        """Return `pieces`, with all that is left of a stream that turned out to be something else."""
        if reader.is_broken:
            self.opaque = self.opaque or "no length-prefixed message"
        if self.opaque:
            pieces += _pieces(reader.take_rest())
        return pieces


def _pieces(data: bytes) -> list[Piece]:
    return [Piece(data)] if data else []
