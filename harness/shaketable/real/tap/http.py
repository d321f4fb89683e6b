"""HTTP/1.1 for the tap: h11 reads the messages, we keep the bytes.

h11 tells where a message ends; the pieces carry the bytes as they came. Replies answer requests in order
(RFC 9112, section 9.3.2). After an upgrade, a tunnel (CONNECT), or anything h11 refuses, the rest of the connection is
opaque. Two things that h11 refuses or that a strict reader would wait for are read all the same, for servers answer them:
lines that end with LF alone, and a request without `Host`.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from http import HTTPStatus
from typing import ClassVar

import h11

from shaketable.boundary import address_key
from shaketable.history import Json
from shaketable.real.tap.framer import HEAD_MAX_BYTES, Exchange, Piece

_HEAD_END = re.compile(rb"\n\r?\n")
_EMPTY_LINES = re.compile(rb"(\r?\n)+")
_METHOD_START = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]")
_REQUEST_LINE = re.compile(rb"[^\r\n]* HTTP/1[.]\d[ \t]*\r?")
_HOST = re.compile(rb"\nhost[ \t]*:", re.IGNORECASE)
_SWITCHING, _SUCCESS = 101, range(200, 300)


class HttpFramer:
    """Names a request by its method and its path without the query."""

    in_order: ClassVar[bool] = True
    answers_half_closed: ClassVar[bool] = True

    def __init__(self) -> None:
        self.opaque = ""
        self._waiting: deque[tuple[Exchange, h11.Request]] = deque()
        self._unserved: dict[Exchange, bytes] = {}
        self._requests = _Requests(self._waiting)
        self._replies = _Replies(self._waiting, self._unserved)

    def client_sent(self, data: bytes) -> Iterator[Piece]:
        return self._read(self._requests, data)

    def server_sent(self, data: bytes) -> Iterator[Piece]:
        return self._read(self._replies, data)

    def client_closed(self) -> Iterator[Piece]:
        return self._flush(self._requests)

    def server_closed(self) -> Iterator[Piece]:
        return self._flush(self._replies)

    def failed(self, exchange: Exchange, status: int, body: Json) -> bytes:
        """Return a whole answer of `status`, with `body` as JSON unless the request asks for a head alone."""
        request = next(request for waiting, request in self._waiting if waiting is exchange)
        try:
            reason = HTTPStatus(status).phrase
        except ValueError:
            reason = ""
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} {reason}\r\ncontent-type: application/json\r\ncontent-length: {len(content)}\r\n\r\n"
        return head.encode() + (b"" if request.method == b"HEAD" else content)

    def answer_unserved(self, exchange: Exchange, answer: bytes) -> None:
        self._unserved[exchange] = answer

    def _flush(self, reader: _Reader) -> Iterator[Piece]:
        if kept := reader.take_kept():
            yield Piece(kept)

    def _read(self, reader: _Reader, data: bytes) -> Iterator[Piece]:
        try:
            if not self.opaque:
                yield from reader.feed(data)
                self.opaque = self._replies.switched
                return
        except h11.ProtocolError as error:
            self.opaque = f"not HTTP/1.1 as h11 reads it: {error}"
            data = b""
        if rest := reader.take_kept() + data:
            yield Piece(rest)


class _Reader:
    """One direction: keeps a head until it is whole, then lets the body stream through."""

    def __init__(self, waiting: deque[tuple[Exchange, h11.Request]]) -> None:
        self._waiting = waiting
        self._kept = b""
        self._body: h11.Connection | None = None
        self._exchange: Exchange | None = None

    def take_kept(self) -> bytes:
        """Take what has been held back, to be forwarded as it is."""
        kept, self._kept = self._kept, b""
        return kept

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Yield the pieces that are ready. Raises h11.ProtocolError with the unread bytes still kept."""
        self._kept += data
        yield from self._due()
        while self._kept:
            if self._is_over():
                yield Piece(self.take_kept())
                return
            if self._body is not None:
                yield self._read_body(self._body)
                yield from self._due()
                continue
            if empty := _EMPTY_LINES.match(self._kept):  # in front of a message, they are none
                self._kept = self._kept[empty.end() :]
                yield Piece(empty[0])
                continue
            head, rest = self._split_head() if self._kept != b"\r" else (b"", b"")
            if not head:
                return
            connection = self._connection()
            exchange = self._begin(self._event(connection, head))
            ended = exchange is not None and connection.next_event() is not h11.NEED_DATA
            self._kept = rest
            yield Piece(head, exchange, first=exchange is not None, last=ended)
            if ended:
                self._end()
                yield from self._due()
            elif exchange is not None:
                self._body, self._exchange = connection, exchange

    def _is_over(self) -> bool:
        """Tell whether no message follows on this connection."""
        return False

    def _split_head(self) -> tuple[bytes, bytes]:
        end = _HEAD_END.search(self._kept)
        if end is None:
            if len(self._kept) > HEAD_MAX_BYTES:
                raise h11.RemoteProtocolError(f"no end of the head in {HEAD_MAX_BYTES} bytes")
            return b"", self._kept
        return self._kept[: end.end()], self._kept[end.end() :]

    def _event(self, connection: h11.Connection, head: bytes) -> object:
        connection.receive_data(head)
        return connection.next_event()

    def _read_body(self, connection: h11.Connection) -> Piece:
        data = self._kept
        connection.receive_data(data)
        while isinstance(event := connection.next_event(), h11.Data):
            pass
        exchange = self._exchange
        if isinstance(event, h11.EndOfMessage):
            unread = connection.trailing_data[0]
            self._kept = unread
            self._body = self._exchange = None
            self._end()
            return Piece(data[: len(data) - len(unread)], exchange, last=True)
        self._kept = b""
        return Piece(data, exchange)

    def _connection(self) -> h11.Connection:
        raise NotImplementedError

    def _begin(self, event: object) -> Exchange | None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError

    def _due(self) -> Iterator[Piece]:
        """Yield what comes next and was not sent by this side."""
        return iter(())


class _Requests(_Reader):
    def _connection(self) -> h11.Connection:
        return h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_MAX_BYTES)

    def _split_head(self) -> tuple[bytes, bytes]:
        """Split it off. What comes behind a request to speak another protocol is not kept: its end may never come."""
        if self._waiting and _switches(self._waiting[-1][1]):
            raise h11.RemoteProtocolError("the client goes on behind a request for another protocol")
        line, end, _ = self._kept.partition(b"\n")
        if not _METHOD_START.match(line):
            raise h11.RemoteProtocolError(f"no method but {line[:20]!r}")
        if end and not _REQUEST_LINE.fullmatch(line):
            raise h11.RemoteProtocolError(f"no request line: {line[:80]!r}")
        return super()._split_head()

    def _event(self, connection: h11.Connection, head: bytes) -> object:
        """Read a head; one without `Host` is read as if it had one, for its server decides what it answers to that."""
        if not _HOST.search(head):
            line, end, rest = head.partition(b"\n")
            head = line + end + b"Host: -\r\n" + rest
        return super()._event(connection, head)

    def _begin(self, event: object) -> Exchange | None:
        if not isinstance(event, h11.Request):
            raise h11.RemoteProtocolError(f"no request but {type(event).__name__}")
        path = event.target.split(b"?", 1)[0].decode("ascii", "replace")
        exchange = Exchange(names=((event.method.decode("ascii"), address_key(path)),))
        self._waiting.append((exchange, event))
        return exchange

    def _end(self) -> None:
        """Do nothing: the request is whole, and its exchange goes on with the reply."""


class _Replies(_Reader):
    """The answers of the server, and between them those to the requests in `unserved`."""

    def __init__(self, waiting: deque[tuple[Exchange, h11.Request]], unserved: dict[Exchange, bytes]) -> None:
        super().__init__(waiting)
        self._unserved = unserved
        self.switched = ""
        """The protocol that the connection goes on with, once an answer has said so."""

    def _is_over(self) -> bool:
        return bool(self.switched)

    def _connection(self) -> h11.Connection:
        """Make one that has sent the request: whether a reply has a body depends on it (HEAD, CONNECT)."""
        if not self._waiting:
            raise h11.RemoteProtocolError("a reply without a request")
        request = self._waiting[0][1]
        connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_MAX_BYTES)
        target, headers = "/", [("host", "-")]
        if request.method == b"CONNECT":
            target = "a:1"
        elif _switches(request):
            headers += [("connection", "upgrade"), ("upgrade", "-")]
        connection.send(h11.Request(method=request.method, target=target, headers=headers))
        connection.send(h11.EndOfMessage())
        return connection

    def _begin(self, event: object) -> Exchange | None:
        if isinstance(event, h11.InformationalResponse):
            if event.status_code != _SWITCHING:
                return None
            self.switched = "the connection was upgraded"
            return self._waiting[0][0]
        if not isinstance(event, h11.Response):
            raise h11.RemoteProtocolError(f"no reply but {type(event).__name__}")
        exchange, request = self._waiting[0]
        if request.method == b"CONNECT" and event.status_code in _SUCCESS:
            self.switched = "a tunnel was opened by CONNECT"
        return exchange

    def _end(self) -> None:
        self._waiting.popleft()

    def _due(self) -> Iterator[Piece]:
        while self._unserved and self._waiting and self._waiting[0][0] in self._unserved:
            exchange, _ = self._waiting.popleft()
            yield Piece(self._unserved.pop(exchange), exchange, first=True, last=True)


def _switches(request: h11.Request) -> bool:
    """Tell whether what follows the request may be of another protocol."""
    return request.method == b"CONNECT" or any(name == b"upgrade" for name, _ in request.headers)
