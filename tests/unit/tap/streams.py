"""Streams for the tests of every framer: fed in any splits, and checked to come out byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from shaketable.real.tap.framer import Framer, Piece


def split(data: bytes, cuts: Sequence[int]) -> list[bytes]:
    """Cut `data` at the given places (taken modulo its length)."""
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(places)]


def feed(send: Callable[[bytes], object], chunks: Sequence[bytes]) -> list[Piece]:
    pieces: list[Piece] = []
    for chunk in chunks:
        pieces.extend(send(chunk))  # type: ignore[arg-type]
    return pieces


def bytes_of(pieces: Iterable[Piece]) -> bytes:
    """Join the bytes of some pieces."""
    return b"".join(piece.data for piece in pieces)


def names(pieces: Sequence[Piece]) -> list[tuple[str, str]]:
    """Return the boundaries that a direction's pieces open, in order."""
    return [name for p in pieces if p.first and p.exchange for name in p.exchange.names]


def assert_transparent(
    framer: Framer, sent: bytes, answered: bytes, cuts: Sequence[int]
) -> tuple[list[Piece], list[Piece]]:
    """Feed a conversation and check that no byte was lost, changed or moved; return both directions' pieces."""
    up = feed(framer.client_sent, split(sent, cuts))
    down = feed(framer.server_sent, split(answered, cuts))
    assert sent.startswith(bytes_of(up))
    assert answered.startswith(bytes_of(down))
    assert bytes_of(up) + bytes_of(framer.client_closed()) == sent
    assert bytes_of(down) + bytes_of(framer.server_closed()) == answered
    return up, down
