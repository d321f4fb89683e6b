"""One direction of a connection: bytes come in, the framer names them, and mostly they are written on at once.

Only a message that must wait (a hold, a latency, a crash under way) makes a task; what comes meanwhile queues behind
it, as TCP does, and no more is read than a little. Back-pressure is that of the sockets: a lane whose receiver does
not read stops reading.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import ClassVar, TypeGuard

from shaketable.boundary import Leg
from shaketable.real.tap.framer import Piece
from shaketable.real.tap.traffic import ConnectionOver, Traffic, Wait


class Lane:
    """`feed` and `close` are the framer's; `ended` is called once, when all that came has been passed on.

    Nothing passes before `begin`: until then there may be no socket to write to.
    """

    BEHIND_MAX_BYTES: ClassVar[int] = 128 * 1024
    """So much is read while something waits, so that it is under way although its sender is lost."""

    def __init__(
        self,
        leg: Leg,
        traffic: Traffic,
        feed: Callable[[bytes], Iterable[Piece]],
        close: Callable[[], Iterable[Piece]],
        ended: Callable[[], None],
    ) -> None:
        self.source: asyncio.Transport | None = None
        self.sink: asyncio.Transport | None = None
        self.task: asyncio.Task[None] | None = None  # while something waits
        self.flushed: Callable[[], None] = _nothing  # called when what came has been passed on, or was lost
        self._leg = leg
        self._traffic = traffic
        self._feed = feed
        self._close = close
        self._ended = ended
        self._out: list[bytes] = []  # passed on, and not yet written: what came together leaves together
        self._behind: deque[bytes] = deque()  # what came while something waits, unread
        self._behind_bytes = 0
        self._is_waiting = True
        self._is_paused = False
        self._is_over = self._is_cut_off = self._is_half_closed = False

    def begin(self) -> None:
        """Pass on what has come, now that there is a socket to write to."""
        self._is_waiting = False
        self._catch_up()

    def received(self, data: bytes) -> None:
        """Take bytes of the source."""
        self._traffic.note_received(self._leg)
        if self._is_waiting:
            self._behind.append(data)
            self._behind_bytes += len(data)
            if self._behind_bytes > self.BEHIND_MAX_BYTES:
                self._stop()
            return
        self._work(iter(self._feed(data)))

    def finish(self, *, is_whole: bool = True) -> None:
        """Note that the source is gone; what it said goes on first. Not `is_whole`: it broke off."""
        was_over = self._is_over and not self._is_half_closed
        self._is_half_closed = self._leg == "request" and self._traffic.told_by_answers
        if was_over:
            return
        self._is_over, self._is_cut_off = True, self._is_cut_off or not is_whole
        if not self._is_waiting:
            self._end()

    def finish_sending(self) -> None:
        """Note that the source says no more. It may still read: a client that is owed an answer gets it first."""
        if self._leg == "reply":
            self.finish()
        elif not self._is_over:
            self._is_over = self._is_half_closed = True
            if not self._is_waiting:
                self._end()

    def end_if_answered(self) -> None:
        """End, if the source says no more and is owed no answer any more."""
        if self._is_half_closed and not self._is_waiting:
            self._end()

    def pause_writing(self) -> None:
        """Stop reading, for the receiver does not keep up."""
        self._is_paused = True
        self._stop()

    def resume_writing(self) -> None:
        """Read on, for the receiver keeps up again."""
        self._is_paused = False
        self._go_on()

    # -- passing on --------------------------------------------------------------------------------------

    def _work(self, pieces: Iterator[Piece]) -> None:
        """Pass on what need not wait; for the rest there is a task."""
        waiting = self._run(pieces)
        self._flush()
        if waiting is not None:
            self._is_waiting = True
            self.task = asyncio.ensure_future(self._wait(*waiting, pieces))

    def _run(self, pieces: Iterator[Piece]) -> tuple[Wait, Piece] | None:
        """Pass on up to the first piece that must wait; return what it waits for, and that piece."""
        leg, traffic = self._leg, self._traffic
        for piece in pieces:
            if traffic.is_lost(piece.exchange, leg):
                continue
            if piece.first and (wait := traffic.wait_before(piece, leg)) is not None:
                return wait, piece
            if traffic.forwards(piece, leg):
                self._out.append(piece.data)
        return None

    async def _wait(self, wait: Wait, piece: Piece, pieces: Iterator[Piece]) -> None:
        waiting: tuple[Wait, Piece] | None = (wait, piece)
        try:
            while waiting is not None:
                wait, piece = waiting
                await wait()  # no limit: a fault's own time, or a crash, for which the launcher has one
                if self._traffic.forwards(piece, self._leg):
                    self._out.append(piece.data)
                waiting = self._run(pieces)
                self._flush()
        except ConnectionOver:
            return
        finally:
            if waiting is not None:  # whatever it was, nothing passes any more
                self._ended()
        self.task = None
        self._is_waiting = False
        self._catch_up()

    def _catch_up(self) -> None:
        """Pass on what came meanwhile."""
        while self._behind and not self._is_waiting:
            data = self._behind.popleft()
            self._behind_bytes -= len(data)
            self._work(iter(self._feed(data)))
        if self._is_waiting:
            return
        if self._is_over:
            self._end()
        else:
            self._go_on()

    def _end(self) -> None:
        if not self._is_cut_off:
            self._run(iter(self._close()))  # of no exchange: it meets nothing
            self._flush()
        if not (self._is_half_closed and self._traffic.owes_answer):
            self._ended()

    def _flush(self) -> None:
        if self._out:
            data = self._out[0] if len(self._out) == 1 else b"".join(self._out)
            self._out.clear()
            if _is_open(self.sink):
                self.sink.write(data)
        self.flushed()

    def _stop(self) -> None:
        if _is_open(self.source):
            self.source.pause_reading()

    def _go_on(self) -> None:
        if _is_open(self.source) and not self._is_paused and self._behind_bytes <= self.BEHIND_MAX_BYTES:
            self.source.resume_reading()


def _nothing() -> None: ...


def _is_open(transport: asyncio.Transport | None) -> TypeGuard[asyncio.Transport]:
    """Tell whether it can be used: uvloop's, unlike asyncio's, refuse every call once they are closing."""
    return transport is not None and not transport.is_closing()
