"""The two directions of a Kafka connection: requests that are named, and the replies that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct

from shaketable.real.tap.framer import HEAD_MAX_BYTES, Exchange
from shaketable.real.tap.kafka import api
from shaketable.real.tap.kafka.bodies import (
    Name,
    Offsets,
    TopicIds,
    acks_of,
    asked,
    committed,
    fetched,
    produced,
)
from shaketable.real.tap.kafka.broker_addresses import Advertise, learn_topics, rewritten
from shaketable.real.tap.kafka.groups import subscribed
from shaketable.real.tap.kafka.stream import NotKafka, Stream
from shaketable.real.tap.kafka.wire_format import Reader, Truncated, Unreadable

_kind_at = Struct("!hh").unpack_from
_head_at = Struct("!hhi").unpack_from
_correlation_at = Struct("!i").unpack_from
REWRITTEN_MAX_BYTES = 1024 * 1024
"""A longer reply with addresses passes unchanged: it is kept whole while it is rewritten."""


@dataclass(slots=True, eq=False)
class Asked:
    """A request that waits for its reply. One is made for each: a frozen one would take three times as long."""

    key: int
    version: int
    exchange: Exchange
    offsets: Offsets


@dataclass(slots=True)
class Talk:
    """What both directions of a connection know."""

    advertise: Advertise
    ids: TopicIds
    waiting: dict[int, Asked] = field(default_factory=dict)
    offsets: Offsets = field(default_factory=dict)
    unread: dict[str, int] = field(default_factory=dict)

    def note(self, key: int, why: str) -> None:
        """A message passes as it is, without all the names or addresses it should have."""
        what = f"{api.READ[key].name}: {why}"
        self.unread[what] = self.unread.get(what, 0) + 1


class Requests(Stream):
    """Names produces and offset commits, and remembers what every request was."""

    HEADER_BYTES = 8
    _OPENED_BYTES = 12  # with the correlation id

    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self.sasl = False
        self._talk = talk
        self._fetch = b""  # the last one that says all it asks for

    def _needs(self, data: bytes, at: int, size: int) -> int:
        key, version = _kind_at(data, at + 4)
        if size < self._OPENED_BYTES or not (0 <= key <= api.KEY_MAX and 0 <= version <= api.VERSION_MAX):
            raise NotKafka(f"no Kafka: a request with key {key}, version {version}")
        known = api.READ.get(key)
        if known is not None and version > known.latest:
            raise NotKafka(f"{known.name} version {version} is not known (the last that is: {known.latest})")
        return HEAD_MAX_BYTES if key in api.READ_INTO else self._OPENED_BYTES

    def _open(self, head: bytes, size: int) -> tuple[bytes, Exchange]:
        key, version, correlation = _head_at(head, 4)
        exchange = Exchange(named_by_reply=key == api.FETCH)
        if key == api.JOIN_GROUP:
            exchange.marks["joins"] = True
        if key in api.READ_INTO and not self._is_asked_again(key, head):
            try:
                self._read_into(exchange, key, version, head, whole=len(head) == size)
            except Unreadable as error:
                self._talk.note(key, str(error))
        if exchange.expects_reply:
            self._talk.waiting[correlation] = Asked(key, version, exchange, self._talk.offsets)
        if key == api.SASL_HANDSHAKE:
            self.sasl = self.ended = True
        return head, exchange

    def _read_into(self, exchange: Exchange, key: int, version: int, head: bytes, *, whole: bool) -> None:
        reader = Reader(head, self._OPENED_BYTES)
        reader.skip(max(reader.int16(), 0))  # client id: classic in every version
        reader.flexible = api.is_flexible(key, version)
        reader.tags()
        if key == api.PRODUCE:
            exchange.expects_reply = acks_of(reader, version) != 0
            _name(exchange, produced(reader, version, self._talk.ids, exchange.marks), whole=whole)
        elif key == api.OFFSET_COMMIT:
            _name(exchange, committed(reader, version, self._talk.ids, exchange.marks), whole=whole)
        elif key == api.JOIN_GROUP:
            exchange.marks["subscribed"] = subscribed(reader, version)
        else:
            before, self._talk.offsets = self._talk.offsets, {}
            self._talk.offsets, is_complete = asked(reader, version, before)
            self._fetch = _without_correlation(head) if is_complete and whole else b""

    def _is_asked_again(self, key: int, head: bytes) -> bool:
        """Whether it is the last fetch once more, as an idle consumer's is: the offsets are known already."""
        return key == api.FETCH and _without_correlation(head) == self._fetch


class Replies(Stream):
    """Names fetches and rewrites addresses."""

    HEADER_BYTES = 8

    def __init__(self, talk: Talk) -> None:
        super().__init__()
        self._talk = talk
        self._nothing: tuple[bytes, Offsets] = (
            b"",
            {},
        )  # the last reply to a fetch without a name, and what it was asked

    def _plan(self, data: bytes, at: int, available: int) -> tuple[int, int]:
        if not self._talk.waiting:
            raise NotKafka("no Kafka: the server spoke without being asked")
        return super()._plan(data, at, available)

    def _needs(self, data: bytes, at: int, size: int) -> int:
        waiting = self._talk.waiting.get(_correlation_at(data, at + 4)[0])
        if waiting is None:
            raise NotKafka("no Kafka: a reply to nothing that was asked")
        if waiting.key == api.FETCH:
            return HEAD_MAX_BYTES
        if waiting.key in api.WITH_ADDRESSES and size <= REWRITTEN_MAX_BYTES:
            return size
        return self.HEADER_BYTES

    def _open(self, head: bytes, size: int) -> tuple[bytes, Exchange]:
        waiting = self._talk.waiting.pop(_correlation_at(head, 4)[0])
        try:
            if waiting.key == api.FETCH:
                self._read_into(waiting, head, whole=len(head) == size)
            elif waiting.key in api.WITH_ADDRESSES:
                if len(head) < size:
                    raise Unreadable(f"a reply of more than {REWRITTEN_MAX_BYTES} bytes keeps its addresses")
                reply, head = head, rewritten(waiting.key, waiting.version, head, self._talk.advertise)
                if waiting.key == api.METADATA:
                    learn_topics(waiting.version, reply, self._talk.ids)
        except Unreadable as error:
            self._talk.note(waiting.key, str(error))
        return head, waiting.exchange

    def _read_into(self, waiting: Asked, head: bytes, *, whole: bool) -> None:
        body, offsets = self._nothing
        if offsets is waiting.offsets and body == head[self.HEADER_BYTES :]:
            return  # as before: nothing came
        version = waiting.version
        reader = Reader(head, self.HEADER_BYTES, flexible=api.is_flexible(api.FETCH, version))
        reader.tags()
        _name(
            waiting.exchange,
            fetched(reader, version, waiting.offsets, self._talk.ids, waiting.exchange.marks),
            whole=whole,
        )
        if whole and not waiting.exchange.names:
            self._nothing = head[self.HEADER_BYTES :], waiting.offsets


def _name(exchange: Exchange, names: Iterator[Name], *, whole: bool) -> None:
    """Give the exchange what can be named. A head may end anywhere; Unreadable when a whole message does."""
    found: list[Name] = []
    try:
        for name in names:  # one by one: those before a defect count
            found.append(name)  # noqa: PERF402
    except Truncated:
        if whole:
            raise
    finally:
        exchange.names = tuple(found)


def _without_correlation(head: bytes) -> bytes:
    return head[4:8] + head[12:]
