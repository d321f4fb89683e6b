"""RESP2 and RESP3 for the tap: commands named by verb and key, replies matched in order.

Set-up and pub/sub are not counted. Push messages (RESP3) belong to no exchange. Large bulk strings stream through.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import ClassVar

from shaketable.boundary import address_key
from shaketable.real.tap.framer import HEAD_MAX_BYTES, Exchange, Piece
from shaketable.real.tap.redis_changes import Change, Scripts, changes_of
from shaketable.real.tap.redis_transaction import Said, Transaction

_NOT_COUNTED = frozenset(
    [
        "HELLO",
        "AUTH",
        "SELECT",
        "CLIENT",
        "PING",
        "QUIT",
        "RESET",
        "COMMAND",
        "CONFIG",
        "INFO",
        "SUBSCRIBE",
        "PSUBSCRIBE",
        "UNSUBSCRIBE",
        "PUNSUBSCRIBE",
        "SSUBSCRIBE",
        "SUNSUBSCRIBE",
        "SCRIPT",
        "MULTI",
        "EXEC",
        "DISCARD",
        "WATCH",
        "UNWATCH",
        "FLUSHALL",
        "FLUSHDB",
        "ECHO",
        "TIME",
        "ROLE",
    ]
)
_SCRIPTS = frozenset({"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"})
_KEEP_BYTES = 4_096
"""Arguments are kept up to this length: a verb, key or value beyond it is told by its beginning."""
_KEEP_WORDS = 16
_KEEP_ELEMENTS = 1_024
"""Of a reply that is an array, the first lines of so many elements are kept, for EXEC."""


class RespError(Exception):
    """The stream is not RESP; the rest of the connection is opaque."""


class _Reader:
    """Finds where values end. Keeps at most one type line; bulk strings stream through in parts."""

    def __init__(self, *, inline: bool) -> None:
        self._inline = inline
        self._line = b""
        self._bulk = 0  # bytes of a bulk string, with its CRLF, still to come
        self._keep = b""
        self._open: list[int] = []  # values still to come on each level of nesting
        self.words: list[bytes] = []  # the first strings of the value, for naming
        self.kind = b""
        self.line = b""  # the first line of the value, behind its type
        self.elements: list[tuple[bytes, bytes]] = []  # the same of each element of an array

    def read(self, data: bytes, start: int) -> tuple[int, bool]:
        """Read from `start`; return where it stopped, and whether a whole value ended there."""
        at = start
        while at < len(data):
            if self._bulk:
                taken = min(self._bulk, len(data) - at)
                if len(self._keep) < _KEEP_BYTES and len(self.words) < _KEEP_WORDS:
                    self._keep += data[at : at + min(taken, _KEEP_BYTES)]
                self._bulk -= taken
                at += taken
                if self._bulk:
                    break
                self.words.append(self._keep[:-2] if self._keep.endswith(b"\r\n") else self._keep)
                if self._ended():
                    return at, True
                continue
            end = data.find(b"\n", at)
            if end < 0:
                self._line += data[at:]
                if len(self._line) > HEAD_MAX_BYTES:
                    raise RespError(f"a line of more than {HEAD_MAX_BYTES} bytes")
                return len(data), False
            line = self._line + data[at : end + 1]
            self._line = b""
            at = end + 1
            if self._take_line(line.rstrip(b"\r\n")):
                return at, True
        return at, False

    def begin(self) -> None:
        """Begin with the next value."""
        self.words = []
        self.elements = []
        self.kind = b""
        self._open = []

    def _take_line(self, line: bytes) -> bool:
        kind = line[:1]
        if not self.kind:
            self.kind, self.line = kind or b" ", line[1:]
        elif len(self._open) == 1 and self.kind == b"*" and len(self.elements) < _KEEP_ELEMENTS:
            self.elements.append((kind, line[1:]))
        if kind in b"*%~>|" and kind:
            count = _number(line[1:]) * (2 if kind in b"%|" else 1)
            if kind == b"|":
                count += 1  # attributes precede the value they belong to
            if count > 0:
                self._open.append(count)
                return False
            return self._ended()
        if kind in b"$=!" and kind:
            length = _number(line[1:])
            if length < 0:
                return self._ended()
            self._bulk = length + 2
            self._keep = b""
            return False
        if kind in b"+-:_,#(" and kind:
            return self._ended()
        if self._inline and not self._open:
            self.words = line.split()[:_KEEP_WORDS]
            return True
        raise RespError(f"no RESP type: {line[:20]!r}")

    def _ended(self) -> bool:
        while self._open:
            self._open[-1] -= 1
            if self._open[-1]:
                return False
            self._open.pop()
        return True


def _ignore(_: Change) -> None: ...


class RedisFramer:
    """A command is held back until it can be named (its verb and key are its first words), then streams."""

    in_order: ClassVar[bool] = True
    told_by_answers: ClassVar[bool] = True

    def __init__(
        self, note_change: Callable[[Change], None] = _ignore, scripts: Scripts | None = None
    ) -> None:
        """Tell `note_change` what each command changed as soon as its reply is here, whatever becomes of that.

        `scripts` are shared by the framers of one server.
        """
        self._note_change = note_change
        self._scripts = Scripts() if scripts is None else scripts
        self._asked: dict[Exchange, list[str]] = {}
        self._transaction = Transaction()
        self.opaque = ""
        self._commands = _Reader(inline=True)
        self._replies = _Reader(inline=False)
        self._head = b""  # bytes of a command that has no name yet
        self._reply_head = b""  # the start of a reply whose type is not known yet
        self._exchange: Exchange | None = None
        self._answering: Exchange | None = None
        self._in_reply = False
        self._waiting: deque[Exchange] = deque()

    def client_sent(self, data: bytes) -> Iterator[Piece]:
        if self.opaque:
            yield Piece(self._take_head() + data)
            return
        at = 0
        try:
            while at < len(data):
                end, whole = self._commands.read(data, at)
                self._head += data[at:end]
                at = end
                yield from self._release_command(whole)
        except RespError as error:
            self.opaque = str(error)
            yield Piece(self._take_head() + data[at:])

    def server_sent(self, data: bytes) -> Iterator[Piece]:
        if self.opaque:
            yield Piece(self._take_reply_head() + data)
            return
        at = 0
        try:
            while at < len(data):
                end, whole = self._replies.read(data, at)
                self._reply_head += data[at:end]
                at = end
                yield from self._release_reply(whole)
        except RespError as error:
            self.opaque = str(error)
            yield Piece(self._take_reply_head() + data[at:])

    def client_closed(self) -> Iterator[Piece]:
        if head := self._take_head():
            yield Piece(head)

    def server_closed(self) -> Iterator[Piece]:
        if head := self._take_reply_head():
            yield Piece(head)

    def _take_reply_head(self) -> bytes:
        head, self._reply_head = self._reply_head, b""
        return head

    def _take_head(self) -> bytes:
        head, self._head = self._head, b""
        return head

    def _release_command(self, whole: bool) -> Iterator[Piece]:
        reader, first = self._commands, False
        if self._exchange is None and (whole or _can_name(reader.words) or len(self._head) > HEAD_MAX_BYTES):
            self._exchange = Exchange(names=_name(reader.words))
            self._waiting.append(self._exchange)
            first = True
        if self._exchange is not None:
            yield Piece(self._take_head(), self._exchange, first=first, last=whole)
        if whole:
            if self._exchange is not None:
                self._note_command(self._exchange, reader.words)
            self._exchange = None
            reader.begin()

    def _release_reply(self, whole: bool) -> Iterator[Piece]:
        reader, first = self._replies, False
        if not self._in_reply:
            if not reader.kind:
                return
            self._in_reply = True
            if reader.kind != b">" and self._waiting:
                self._answering = self._waiting.popleft()
                first = True
        answering = self._answering
        yield Piece(self._take_reply_head(), answering, first=first, last=whole and answering is not None)
        if whole:
            if answering is not None:
                self._note_reply(self._asked.pop(answering, []), reader)
            self._in_reply = False
            self._answering = None
            reader.begin()

    def _note_command(self, exchange: Exchange, words: list[bytes]) -> None:
        verb, *rest = [word.decode("utf-8", "replace") for word in words] or [""]
        said = self._asked[exchange] = [verb.upper(), *rest]
        self._scripts.learn(said)

    def _note_reply(self, asked: list[str], reply: _Reader) -> None:
        elements = [_said(*element) for element in reply.elements] if asked and asked[0] == "EXEC" else ()
        for words, said in self._transaction.done(asked, _said(reply.kind, reply.line), elements):
            for change in changes_of(words, *said, self._scripts):
                self._note_change(change)


def _said(kind: bytes, line: bytes) -> Said:
    return kind.decode("ascii", "replace"), line.decode("utf-8", "replace")


def _can_name(words: list[bytes]) -> bool:
    if len(words) < 2:
        return False
    return words[0].upper().decode("ascii", "replace") not in _SCRIPTS or len(words) >= 4


def _name(words: list[bytes]) -> tuple[tuple[str, str], ...]:
    if not words:
        return ()
    verb = words[0].upper().decode("ascii", "replace")
    if verb in _NOT_COUNTED or not verb.replace("_", "").isalpha():
        return ()
    at = 3 if verb in _SCRIPTS else 1
    key = words[at].decode("utf-8", "replace") if len(words) > at else ""
    return ((verb, address_key(key)),)


def _number(text: bytes) -> int:
    try:
        return int(text)
    except ValueError:
        raise RespError(f"no length: {text[:20]!r}") from None
