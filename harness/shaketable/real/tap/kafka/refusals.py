"""Answers that the tap gives in the place of a broker: records that are too large, each answer when its turn has come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from shaketable.real.tap.framer import Exchange, Piece
from shaketable.real.tap.kafka.api import PRODUCE, is_flexible
from shaketable.real.tap.kafka.bodies import Topic
from shaketable.real.tap.kafka.messages import PendingRequest
from shaketable.real.tap.kafka.wire_format import encode_text, encode_uvarint

MESSAGE_TOO_LARGE = 10
"""The error's code: "The request included a message larger than the max message size the server will accept."."""
_NONE = (-1).to_bytes(8, "big", signed=True)


def refusal(correlation: int, version: int, addressed: Iterable[tuple[Topic, int]]) -> bytes:
    """Return a whole Produce reply of `version` by which the batch of each (topic, partition) is refused."""
    flexible = is_flexible(PRODUCE, version)
    tags = b"\0" if flexible else b""
    partitions: dict[Topic, list[int]] = {}
    for topic, partition in addressed:
        partitions.setdefault(topic, []).append(partition)
    body = correlation.to_bytes(4, "big", signed=True) + tags + _count(len(partitions), flexible=flexible)
    for topic, those in partitions.items():
        body += topic if isinstance(topic, bytes) else encode_text(topic, flexible=flexible)
        body += _count(len(those), flexible=flexible)
        for partition in those:
            body += partition.to_bytes(4, "big") + MESSAGE_TOO_LARGE.to_bytes(2, "big") + _NONE
            body += (_NONE if version >= 2 else b"") + (_NONE if version >= 5 else b"")
            if version >= 8:  # no single records, and no words
                body += _count(0, flexible=flexible) + (b"\0" if flexible else b"\xff\xff")
            body += tags
        body += tags
    body += (bytes(4) if version >= 1 else b"") + tags
    return len(body).to_bytes(4, "big") + body


def _count(items: int, *, flexible: bool) -> bytes:
    return encode_uvarint(items + 1) if flexible else items.to_bytes(4, "big")


class Turns:
    """Answers of the tap's own, each given behind those to all earlier requests: clients know replies by their order."""

    __slots__ = ("_ahead", "_pending")

    def __init__(self, pending: dict[int, PendingRequest]) -> None:
        self._pending = pending
        self._ahead: dict[Exchange, tuple[bytes, set[Exchange]]] = {}

    def __bool__(self) -> bool:
        return bool(self._ahead)

    def wait(self, exchange: Exchange, answer: bytes, under_way: Exchange | None) -> None:
        """Keep an answer until the requests that are pending before it, and the reply `under_way`, have theirs."""
        ahead = set() if under_way is None else {under_way}
        for correlation, request in self._pending.items():
            if request.exchange is exchange:
                del self._pending[correlation]
                break
            ahead.add(request.exchange)
        self._ahead[exchange] = answer, ahead | {other for other in self._ahead if other is not exchange}

    def among(self, pieces: Iterable[Piece]) -> Iterator[Piece]:
        """Yield the pieces of replies, and each answer when its turn has come."""
        yield from self._due()
        for piece in pieces:
            yield piece
            if piece.last and piece.exchange is not None:
                self._answered(piece.exchange)
                yield from self._due()

    def _answered(self, exchange: Exchange) -> None:
        for _, ahead in self._ahead.values():
            ahead.discard(exchange)

    def _due(self) -> Iterator[Piece]:
        while due := next((one for one, (_, ahead) in self._ahead.items() if not ahead), None):
            answer, _ = self._ahead.pop(due)
            self._answered(due)
            yield Piece(answer, due, True, True)
