"""One direction of a connection: what need not wait leaves at once and together, what must wait keeps its place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from shaketable.real.tap.framer import Exchange, Piece
from shaketable.real.tap.lane import Lane
from shaketable.real.tap.traffic import ConnectionOver


class Socket:
    """A transport that writes down what it is told; one that is closing takes no more, as uvloop's do not."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.is_reading = True
        self.closing = False

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: bytes) -> None:
        self._require_open()
        self.written.append(data)

    def pause_reading(self) -> None:
        self._require_open()
        self.is_reading = False

    def resume_reading(self) -> None:
        self._require_open()
        self.is_reading = True

    def _require_open(self) -> None:
        if self.closing:
            raise RuntimeError("the handler is closed")


class Way:
    """A lane whose every byte is a message; capitals must wait until `gate` is set, and "X" is the end of everything."""

    told_by_answers = False

    def __init__(self) -> None:
        self.source, self.sink = Socket(), Socket()
        self.gate = asyncio.Event()
        self.ended = 0
        self.lane = Lane("request", self, self.pieces, lambda: [Piece(b".")], self.end)  # type: ignore[arg-type]
        self.lane.source, self.lane.sink = self.source, self.sink  # type: ignore[assignment]

    @staticmethod
    def pieces(data: bytes) -> list[Piece]:
        return [Piece(bytes([byte]), Exchange(), True, True) for byte in data]

    def end(self) -> None:
        self.ended += 1

    def note_received(self, leg: str) -> None:
        pass

    def is_lost(self, exchange: Exchange | None, leg: str) -> bool:
        return False

    def forwards(self, piece: Piece, leg: str) -> bool:
        return True

    def wait_before(self, piece: Piece, leg: str) -> Callable[[], Awaitable[object]] | None:
        if piece.data == b"X":
            return self.fall
        return self.gate.wait if piece.data.isupper() else None

    async def fall(self) -> None:
        raise ConnectionOver


def run(play: Callable[[Way], Awaitable[None]]) -> None:
    async def main() -> None:
        way = Way()
        way.lane.begin()
        await play(way)

    asyncio.run(main())


async def until(is_true: Callable[[], object]) -> None:
    async with asyncio.timeout(2):
        while not is_true():
            await asyncio.sleep(0)


def test_what_comes_together_leaves_together_and_at_once():
    async def play(way: Way) -> None:
        way.lane.received(b"abc")
        way.lane.received(b"d")
        assert way.sink.written == [b"abc", b"d"]
        assert way.lane.task is None

    run(play)


def test_what_comes_before_somebody_can_be_written_to_is_kept():
    async def play(_: Way) -> None:
        way = Way()
        way.lane.received(b"a")
        way.lane.finish()
        assert (way.sink.written, way.ended) == ([], 0)
        way.lane.begin()
        assert (b"".join(way.sink.written), way.ended) == (b"a.", 1)

    run(play)


def test_what_must_wait_keeps_its_place_and_everything_behind_it_waits_too():
    async def play(way: Way) -> None:
        way.lane.received(b"abCd")
        way.lane.received(b"eFg")
        await asyncio.sleep(0)
        way.lane.received(b"h")
        way.lane.finish()
        assert way.sink.written == [b"ab"]
        way.gate.set()
        await until(lambda: way.ended)
        assert b"".join(way.sink.written) == b"abCdeFgh."
        assert way.ended == 1

    run(play)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_source_that_breaks_off_ends_without_what_was_half_said(is_whole):
    async def play(way: Way) -> None:
        way.lane.received(b"A")
        way.lane.finish(is_whole=is_whole)
        assert not way.ended
        way.gate.set()
        await until(lambda: way.ended)
        assert b"".join(way.sink.written) == (b"A." if is_whole else b"A")

    run(play)


def test_nothing_passes_once_the_connection_is_gone():
    async def play(way: Way) -> None:
        way.lane.received(b"aXb")
        way.lane.received(b"c")
        await until(lambda: way.ended)
        way.lane.received(b"d")
        assert way.sink.written == [b"a"]

    run(play)


def test_a_receiver_that_does_not_read_keeps_its_sender_from_being_read():
    async def play(way: Way) -> None:
        way.lane.pause_writing()
        assert not way.source.is_reading
        way.lane.resume_writing()
        assert way.source.is_reading

    run(play)


def test_behind_a_message_that_waits_only_a_little_is_read():
    async def play(way: Way) -> None:
        way.lane.received(b"A")
        way.lane.received(b"b" * Lane.BEHIND_MAX_BYTES)
        assert way.source.is_reading
        way.lane.received(b"c")
        assert not way.source.is_reading
        way.lane.resume_writing()
        assert not way.source.is_reading
        way.gate.set()
        await until(lambda: way.source.is_reading)
        assert len(b"".join(way.sink.written)) == 2 + Lane.BEHIND_MAX_BYTES

    run(play)


def test_a_socket_that_is_closing_is_asked_for_nothing():
    async def play(way: Way) -> None:
        way.lane.received(b"a")
        way.sink.closing = way.source.closing = True
        way.lane.received(b"b")
        way.lane.pause_writing()
        way.lane.resume_writing()
        assert way.sink.written == [b"a"]

    run(play)
