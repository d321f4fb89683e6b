"""The exchanges of one connection: counted where they are named, met by their faults, and told when they are over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import assert_never

from shaketable.boundary import Boundary, Leg
from shaketable.fault import (
    CrashReceiver,
    CrashSender,
    Cut,
    Drop,
    Duplicate,
    Hold,
    PollTimeout,
    Rollback,
    ServerError,
    TooLarge,
    can_duplicate,
)
from shaketable.history import Json
from shaketable.network.armed_faults import Armed
from shaketable.real.tap.framer import Exchange, Failing, Piece, Refusing, Revoking
from shaketable.real.tap.switchboard import Switchboard

Wait = Callable[[], Awaitable[None]]
"""A wait before a message goes on; it may raise ConnectionOver."""


class ConnectionOver(Exception):
    """This connection was cut, or a party of it lost power."""


class Traffic:
    """`in_order`, `answers_half_closed` and `told_by_answers` are its framer's. `abort` resets the connection; `again` sends a request once more.

    `failing` is its framer if the protocol has an answer for a server that failed; `answer_unserved` gives that answer to a
    request that is not passed on. `revoking` is its framer if the protocol has transactions, `refusing` if it has records.
    """

    def __init__(
        self,
        client: str,
        server: str,
        board: Switchboard,
        in_order: bool,
        abort: Callable[[], None],
        again: Callable[[bytes], None],
        failing: Failing | None = None,
        answer_unserved: Callable[[Exchange, bytes], None] = lambda _, __: None,
        revoking: Revoking | None = None,
        refusing: Refusing | None = None,
        *,
        answers_half_closed: bool = False,
        told_by_answers: bool = False,
    ) -> None:
        self.told_by_answers = told_by_answers
        self.is_tainted = False  # a partition has swallowed something
        self.passed_bytes = 0
        self._has_asked = self._has_answered = False
        self._client = client
        self._server = server
        self._board = board
        self._in_order = in_order
        self._abort = abort
        self._again = again
        self._failing = failing
        self._answer_unserved = answer_unserved
        self._unserved: dict[Exchange, bytes] = {}  # answers to what is not passed on
        self._instead: dict[Exchange, bytes] = {}  # in the stead of its answers
        self._revoking = revoking
        self._refusing = refusing
        self._revoked: dict[Exchange, bytes] = {}  # what is passed on instead
        self._boundaries: dict[Exchange, list[Boundary]] = {}
        self._polls: dict[Exchange, int] = {}  # when they asked
        self._admissions: dict[Exchange, None] = {}  # members that wait for their group to form
        self._swallowed: dict[tuple[Exchange, Leg], None] = {}
        self._lost_from: dict[Leg, Exchange] = {}  # a stream goes on from a gap in it no more than TCP's does
        self._copies: dict[Exchange, bytearray] = {}
        self._answers_half_closed = answers_half_closed or told_by_answers
        self._owed: dict[
            Exchange, None
        ] = {}  # requests that have arrived, and whose answers are still to come

    @property
    def awaits_reply(self) -> bool:
        """True while a party may wait for an answer, or for one that never comes."""
        return bool(self._boundaries or self.is_tainted or (self._has_asked and not self._has_answered))

    @property
    def owes_answer(self) -> bool:
        """True while a client that says no more may read on for the answer to what it has said."""
        return bool(self._owed)

    @property
    def awaits_group(self) -> bool:
        """True while a member waits on it for its group to form anew."""
        return bool(self._admissions)

    def note_received(self, leg: Leg) -> None:
        """Note that bytes have come; a server that speaks first is answered before long."""
        self._has_asked = True
        if leg == "reply":
            self._has_answered = True

    def is_lost(self, exchange: Exchange | None, leg: Leg) -> bool:
        """Tell whether what passes now is swallowed by a partition, or comes behind something that was lost."""
        is_swallowed = self._board.links and self._board.is_partitioned(self._client, self._server)
        if is_swallowed or (self._lost_from and self._lost_from.get(leg, exchange) is not exchange):
            self.is_tainted = True
            self._owed.clear()  # what is lost is never told: who waits for it waits in vain
            return True
        return False

    def wait_before(self, piece: Piece, leg: Leg) -> Wait | None:
        """Return the wait for the faults of the exchange that begins its leg here; None when it meets none."""
        exchange = piece.exchange
        if exchange is None:
            return None
        if self._board.links and (delay_ms := self._board.latency_ms(self._client, self._server)):
            return partial(self._arrive_late, delay_ms, exchange, leg)
        self._count(exchange, leg)
        if self._board.arming and self._has_armed_fault(exchange, leg):
            return partial(self._apply_armed, exchange, leg)
        self._forget_if_unanswered(exchange, leg)
        return None

    def forwards(self, piece: Piece, leg: Leg) -> bool:
        """Tell whether this piece goes on, now; with the last of a leg that leg is over."""
        exchange = piece.exchange
        if exchange is not None:
            if self._swallowed and (exchange, leg) in self._swallowed:
                self._owed.pop(exchange, None)
                if piece.last:
                    del self._swallowed[exchange, leg]
                    if exchange in self._unserved:
                        if self._answers_half_closed:
                            self._owed[exchange] = None
                        self._answer_unserved(exchange, self._unserved.pop(exchange))
                return False
            if self._revoked and leg == "request" and exchange in self._revoked:
                piece.data = self._revoked.pop(exchange)
            if self._instead and leg == "reply" and exchange in self._instead:
                piece.data, self._instead[exchange] = self._instead[exchange], b""
                if piece.last:
                    del self._instead[exchange]
            if self._copies and leg == "request" and exchange in self._copies:
                self._copy(exchange, piece)
            if piece.last:
                self._close_leg(exchange, leg)
        self.passed_bytes += len(piece.data)
        return True

    # -- the legs of an exchange -------------------------------------------------------------------------

    def _count(self, exchange: Exchange, leg: Leg) -> None:
        """Count at the leg that names the exchange."""
        if exchange.names and leg == ("reply" if exchange.named_by_reply else "request"):
            boundaries = self._board.count(self._client, self._server, exchange.names)
            if boundaries:
                self._boundaries[exchange] = boundaries
            elif leg == "request" and exchange.expects_reply:
                self._polls[exchange] = self._board.elapsed_ms()

    def _places(self, exchange: Exchange, leg: Leg) -> Iterator[tuple[Boundary, Leg]]:
        """Yield the places of this leg's armed faults: what is named by its reply meets those of both legs there."""
        legs: tuple[Leg, ...] = ("request", "reply") if exchange.named_by_reply else (leg,)
        return ((boundary, each) for boundary in self._boundaries.get(exchange, ()) for each in legs)

    def _has_armed_fault(self, exchange: Exchange, leg: Leg) -> bool:
        return any(self._board.arming.is_armed(*place) for place in self._places(exchange, leg))

    def _forget_if_unanswered(self, exchange: Exchange, leg: Leg) -> None:
        """Forget an exchange that has no reply: no party waits for one."""
        if leg == "request" and not exchange.expects_reply:
            self._boundaries.pop(exchange, None)

    def _close_leg(self, exchange: Exchange, leg: Leg) -> None:
        board = self._board
        if leg == "request":
            if self._answers_half_closed and exchange.expects_reply:
                self._owed[exchange] = None
            if exchange.marks:
                if "waits" in exchange.marks:
                    self._admissions[exchange] = None
                board.arrived(self._client, exchange)
            return
        self._admissions.pop(exchange, None)
        self._owed.pop(exchange, None)
        if self._boundaries.pop(exchange, None):
            board.note_activity()
        asked_ms = self._polls.pop(exchange, None)
        if exchange.marks:
            board.answered(self._client, self._server, exchange, poll_asked_ms=asked_ms)

    def _copy(self, exchange: Exchange, piece: Piece) -> None:
        copy = self._copies[exchange]
        copy += piece.data
        if piece.last:
            del self._copies[exchange]
            self._again(bytes(copy))

    # -- what goes wrong ---------------------------------------------------------------------------------

    async def _arrive_late(self, delay_ms: int, exchange: Exchange, leg: Leg) -> None:
        await self._sleep(delay_ms)
        self._count(exchange, leg)
        await self._apply_armed(exchange, leg)

    async def _apply_armed(self, exchange: Exchange, leg: Leg) -> None:
        for place in self._places(exchange, leg):
            for armed in self._board.arming.take(*place):
                await self._apply(armed, exchange, leg)
        self._forget_if_unanswered(exchange, leg)

    async def _apply(self, armed: Armed, exchange: Exchange, leg: Leg) -> None:
        fault = armed.fault
        match fault:
            case Drop():
                self._receipt(armed)
                self._swallowed[exchange, leg] = None
                if self._in_order:
                    self._lost_from.setdefault(leg, exchange)
            case Cut():
                self._receipt(armed)
                self._abort()
                raise ConnectionOver
            case Hold(for_ms=for_ms):
                self._receipt(armed, held_ms=for_ms)
                await self._sleep(for_ms)
            case PollTimeout(for_ms=for_ms):
                if groups := await self._board.put_out(self._client):
                    self._receipt(armed, held_ms=for_ms, groups=groups)
                    await self._sleep(for_ms)
            case Duplicate():
                if leg == "request" and can_duplicate(fault.boundary.route.verb):
                    self._copies[exchange] = bytearray()
                    self._receipt(armed)
            case ServerError(status=status):
                if self._failing is not None:
                    self._receipt(armed, status=status)
                    self._fail(exchange, leg, self._failing.failed(exchange, status, fault.body))
            case Rollback(sqlstate=sqlstate):
                if leg == "request" and self._revoking is not None:
                    instead = self._revoking.roll_back(exchange, fault.boundary.route.verb, sqlstate)
                    if instead is not None:
                        self._receipt(armed)
                        self._revoked[exchange] = instead
            case TooLarge():
                if leg == "request":
                    self._refuse(armed, exchange)
            case CrashSender(down_ms=down_ms):
                await self._crash(armed, self._client, down_ms)
            case CrashReceiver(down_ms=down_ms):
                await self._crash(armed, self._server, down_ms)
            case _:
                assert_never(fault)

    def _receipt(self, armed: Armed, **figures: Json) -> None:
        if armed.landed:  # several messages meet it, and it left its receipt at the first
            return
        armed.landed, board = True, self._board
        board.receipt(armed.event, self._client, str(armed), **board.roles.which(self._server), **figures)

    def _fail(self, exchange: Exchange, leg: Leg, answer: bytes) -> None:
        if leg == "reply":
            self._instead[exchange] = answer
        else:
            self._swallowed[exchange, leg] = None
            self._unserved[exchange] = answer

    def _refuse(self, armed: Armed, exchange: Exchange) -> None:
        answer = None if self._refusing is None else self._refusing.too_large(exchange)
        if answer is None:
            return
        self._receipt(armed, refused=[key for _, key in exchange.names])
        if exchange not in self._unserved:
            self._fail(exchange, "request", answer)

    async def _crash(self, armed: Armed, party: str, down_ms: int) -> None:
        # The crash resets this connection and so ends this task: it must go on without it.
        await asyncio.shield(self._board.spawn(self._crash_party(armed, party, down_ms)))
        self._abort()
        raise ConnectionOver

    async def _crash_party(self, armed: Armed, party: str, down_ms: int) -> None:
        if await self._board.power.crash(party, down_ms):
            self._board.receipt(armed.event, party, str(armed), down_ms=down_ms)

    async def _sleep(self, delay_ms: int) -> None:
        run = self._board.history
        self._board.held += 1
        try:
            await asyncio.sleep(delay_ms / 1000 / self._board.scale)
        finally:
            if self._board.history is run:  # else the next run has begun, and counts from 0
                self._board.held -= 1
