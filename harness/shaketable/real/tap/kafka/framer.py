"""Kafka for the tap: requests named by topic and message key, replies matched by correlation id.

Produce and offset commit are named by the request, a fetch by the records of its reply, as the simulated broker
names its messages, and the requests of a transactional producer by what they are about; all else (metadata, groups,
heartbeats, administration) passes uncounted, and so does a fetch that brings nothing. At most HEAD_MAX_BYTES of a message are kept and read: records beyond them are unnamed, and
pass with the ones that are. Replies that say where brokers are get the addresses that `advertise` gives.
Encrypted connections, SASL, other protocols and unknown versions are opaque.
"""

from __future__ import annotations

from typing import ClassVar

from shaketable.real.tap.framer import Exchange, Piece
from shaketable.real.tap.kafka.bodies import TopicIds
from shaketable.real.tap.kafka.broker_addresses import Advertise
from shaketable.real.tap.kafka.messages import ConnectionState, Replies, Requests
from shaketable.real.tap.kafka.refusals import Turns, refusal
from shaketable.real.tap.kafka.stream import MessageStream, NotKafka


class KafkaFramer:
    """`ids` is shared by the framers whose clients may learn topic ids from each other's Metadata replies."""

    in_order: ClassVar[bool] = False

    def __init__(self, advertise: Advertise, ids: TopicIds | None = None) -> None:
        self._state = ConnectionState(advertise, TopicIds() if ids is None else ids)
        self._requests = Requests(self._state)
        self._replies = Replies(self._state)
        self._turns = Turns(self._state.pending)
        self._why = ""

    @property
    def opaque(self) -> str:
        """The reason why the rest of this connection, or else the first of its `unread` messages, was not understood."""
        return self._why or next(iter(self.unread), "")

    @property
    def unread(self) -> dict[str, int]:
        """Messages that passed unchanged although they should have been named or rewritten: why -> how many."""
        return self._state.unread

    def client_sent(self, data: bytes) -> list[Piece]:
        return self._read(self._requests, data)

    def server_sent(self, data: bytes) -> list[Piece]:
        pieces = self._read(self._replies, data)
        return list(self._turns.among(pieces)) if self._turns else pieces

    def too_large(self, exchange: Exchange) -> bytes | None:
        """See `shaketable.real.tap.framer.Refusing`. None for what asks for no answer, and for more than a head has."""
        for correlation, request in self._state.pending.items():
            if request.exchange is exchange and request.addressed:
                return refusal(correlation, request.version, request.addressed)
        return None

    def answer_unserved(self, exchange: Exchange, answer: bytes) -> None:
        """See `shaketable.real.tap.framer.Refusing`: clients know replies by their order."""
        self._turns.wait(exchange, answer, self._replies.under_way)

    def client_closed(self) -> list[Piece]:
        return self._requests.flush(b"")

    def server_closed(self) -> list[Piece]:
        return self._replies.flush(b"")

    def _read(self, stream: MessageStream, data: bytes) -> list[Piece]:
        pieces: list[Piece] = []
        if not stream.ended:
            try:
                stream.feed(data, pieces)
            except NotKafka as error:
                self._end(str(error))
            data = b""
        if self._requests.is_sasl:
            self._end("SASL: what follows the handshake is not read")
        if stream.ended:
            pieces += stream.flush(data)
        return pieces

    def _end(self, why: str) -> None:
        self._why = self._why or why
        self._requests.ended = self._replies.ended = True
