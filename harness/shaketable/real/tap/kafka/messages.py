"""The two directions of a Kafka connection: requests that are named, and the replies that belong to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from struct import Struct

from shaketable.real.tap.framer import HEAD_MAX_BYTES, Exchange
from shaketable.real.tap.kafka import api
from shaketable.real.tap.kafka.bodies import (
    NOTHING_ASKED,
    Asked,
    Name,
    TopicIds,
    read_acks,
    read_fetch_reply,
    read_fetch_request,
    read_offset_commit,
    read_offset_commit_reply,
    read_produce,
    read_produce_reply,
)
from shaketable.real.tap.kafka.broker_addresses import Advertise, learn_topics, rewrite_addresses
from shaketable.real.tap.kafka.membership import read_group_reply, read_group_request
from shaketable.real.tap.kafka.stream import MessageStream, NotKafka
from shaketable.real.tap.kafka.transactions import read_init_reply, read_transaction
from shaketable.real.tap.kafka.wire_format import Reader, Truncated, Unreadable

_kind_at = Struct("!hh").unpack_from
_head_at = Struct("!hhi").unpack_from
_correlation_at = Struct("!i").unpack_from
REWRITTEN_MAX_BYTES = 1024 * 1024
"""A longer reply with addresses passes unchanged: it is kept whole while it is rewritten."""


@dataclass(slots=True, eq=False)
class PendingRequest:
    """A request that waits for its reply. One is made for each: a frozen one would take three times as long."""

    key: int
    version: int
    exchange: Exchange
    asked: Asked


@dataclass(slots=True)
class ConnectionState:
    """The state that both directions of a connection share."""

    advertise: Advertise
    ids: TopicIds
    pending: dict[int, PendingRequest] = field(default_factory=dict)
    asked: Asked = NOTHING_ASKED
    unread: dict[str, int] = field(default_factory=dict)

    def note(self, key: int, why: str) -> None:
        """Note a message that passes as it is, without all the names or addresses it should have."""
        what = f"{api.READ[key].name}: {why}"
        self.unread[what] = self.unread.get(what, 0) + 1


class Requests(MessageStream):
    """Names produces, offset commits and transactions, and remembers what every request was."""

    HEADER_BYTES = 8
    _OPENED_BYTES = 12  # with the correlation id

    def __init__(self, state: ConnectionState) -> None:
        super().__init__()
        self.is_sasl = False
        self._state = state
        self._fetch = b""  # the last one that says all it asks for

    def _needs(self, data: bytes, at: int, size: int) -> int:
        key, version = _kind_at(data, at + 4)
        if size < self._OPENED_BYTES or not (0 <= key <= api.KEY_MAX and 0 <= version <= api.VERSION_MAX):
            raise NotKafka(f"no Kafka: a request with key {key}, version {version}")
        known = api.READ.get(key)
        if known is not None and version > known.latest and key not in api.PASSES_UNREAD:
            raise NotKafka(f"{known.name} version {version} is not known (the last that is: {known.latest})")
        return HEAD_MAX_BYTES if key in api.BODY_IS_READ else self._OPENED_BYTES

    def _open(self, head: bytes, size: int) -> tuple[bytes, Exchange]:
        key, version, correlation = _head_at(head, 4)
        exchange = Exchange(named_by_reply=key == api.FETCH)
        if key in (api.JOIN_GROUP, api.SYNC_GROUP):
            exchange.marks["waits"] = True
        if key == api.JOIN_GROUP:
            exchange.marks["joins"] = True
        if self._reads(key, version) and not self._is_asked_again(key, head):
            try:
                self._read_body(exchange, key, version, head, whole=len(head) == size)
            except Unreadable as error:
                self._state.note(key, str(error))
        if exchange.expects_reply:
            self._state.pending[correlation] = PendingRequest(key, version, exchange, self._state.asked)
        if key == api.SASL_HANDSHAKE:
            self.is_sasl = self.ended = True
        return head, exchange

    def _read_body(self, exchange: Exchange, key: int, version: int, head: bytes, *, whole: bool) -> None:
        reader = Reader(head, self._OPENED_BYTES)
        reader.skip(max(reader.int16(), 0))  # client id: classic in every version
        reader.flexible = api.is_flexible(key, version)
        reader.tags()
        if key == api.PRODUCE:
            transaction, acks = read_acks(reader, version)
            exchange.expects_reply = acks != 0
            if transaction:
                exchange.marks["transactional"] = transaction
            _name(exchange, read_produce(reader, version, self._state.ids, exchange.marks), whole=whole)
        elif key == api.OFFSET_COMMIT:
            _name(exchange, read_offset_commit(reader, version, self._state.ids, exchange.marks), whole=whole)
        elif key in api.GROUP_IS_READ:
            read_group_request(reader, key, version, exchange.marks)
        elif key in api.TRANSACTION_IS_READ:
            _name(exchange, read_transaction(reader, key, version, exchange.marks), whole=whole)
        else:
            before, self._state.asked = self._state.asked, NOTHING_ASKED
            asked = self._state.asked = read_fetch_request(reader, version, before.offsets)
            self._fetch = _without_correlation(head) if asked.is_complete and whole else b""

    def _reads(self, key: int, version: int) -> bool:
        if key not in api.BODY_IS_READ:
            return False
        if version > api.READ[key].latest:
            self._state.note(key, f"version {version} is not known")
            return False
        return True

    def _is_asked_again(self, key: int, head: bytes) -> bool:
        """Tell whether it is the last fetch once more, as an idle consumer's is: the offsets are known already."""
        return key == api.FETCH and _without_correlation(head) == self._fetch


class Replies(MessageStream):
    """Names fetches and rewrites addresses."""

    HEADER_BYTES = 8

    def __init__(self, state: ConnectionState) -> None:
        super().__init__()
        self._state = state
        # The last reply to a fetch without a name, and what it asked for.
        self._nothing: tuple[bytes, Asked] = b"", NOTHING_ASKED

    def _plan(self, data: bytes, at: int, available: int) -> tuple[int, int]:
        if not self._state.pending:
            raise NotKafka("no Kafka: the server spoke without being asked")
        return super()._plan(data, at, available)

    def _needs(self, data: bytes, at: int, size: int) -> int:
        pending = self._state.pending.get(_correlation_at(data, at + 4)[0])
        if pending is None:
            raise NotKafka("no Kafka: a reply to nothing that was asked")
        if pending.key in api.REPLY_IS_READ:
            return HEAD_MAX_BYTES
        if pending.key in api.WITH_ADDRESSES and size <= REWRITTEN_MAX_BYTES:
            return size
        return self.HEADER_BYTES

    def _open(self, head: bytes, size: int) -> tuple[bytes, Exchange]:
        pending = self._state.pending.pop(_correlation_at(head, 4)[0])
        try:
            if pending.key == api.FETCH:
                self._read_body(pending, head, whole=len(head) == size)
            elif pending.key == api.PRODUCE:
                self._read_produced(pending, head)
            elif pending.key == api.OFFSET_COMMIT and pending.version <= api.READ[api.OFFSET_COMMIT].latest:
                reader = self._body(pending, head)
                read_offset_commit_reply(reader, pending.version, self._state.ids, pending.exchange.marks)
            elif pending.key in api.GROUP_REPLY_IS_READ and pending.version <= api.READ[pending.key].latest:
                reader = self._body(pending, head)
                read_group_reply(reader, pending.key, pending.version, pending.exchange.marks)
            elif pending.key == api.INIT_PRODUCER_ID and pending.version <= api.READ[pending.key].latest:
                read_init_reply(self._body(pending, head), pending.exchange.marks)
            elif pending.key in api.WITH_ADDRESSES:
                if len(head) < size:
                    raise Unreadable(f"a reply of more than {REWRITTEN_MAX_BYTES} bytes keeps its addresses")
                reply, head = (
                    head,
                    rewrite_addresses(pending.key, pending.version, head, self._state.advertise),
                )
                if pending.key == api.METADATA:
                    learn_topics(pending.version, reply, self._state.ids)
        except Unreadable as error:
            self._state.note(pending.key, str(error))
        return head, pending.exchange

    def _read_body(self, pending: PendingRequest, head: bytes, *, whole: bool) -> None:
        body, asked = self._nothing
        if asked is pending.asked and body == head[self.HEADER_BYTES :]:
            return  # as before: nothing came
        version = pending.version
        reader = self._body(pending, head)
        _name(
            pending.exchange,
            read_fetch_reply(reader, version, pending.asked, self._state.ids, pending.exchange.marks),
            whole=whole,
        )
        if whole and not pending.exchange.names:
            self._nothing = head[self.HEADER_BYTES :], pending.asked

    def _read_produced(self, pending: PendingRequest, head: bytes) -> None:
        """Mark what is acknowledged, as soon as the server says so and whatever becomes of the reply."""
        reader = self._body(pending, head)
        read_produce_reply(reader, pending.version, self._state.ids, pending.exchange.marks)

    def _body(self, pending: PendingRequest, head: bytes) -> Reader:
        reader = Reader(head, self.HEADER_BYTES, flexible=api.is_flexible(pending.key, pending.version))
        reader.tags()
        return reader


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
