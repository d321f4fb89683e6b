"""One proxied connection: two sockets, a lane each way between them, and how it begins and ends.

A connection costs constant memory whatever passes, and nothing but a callback for what comes and goes on at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from shaketable.real.tap.framer import Exchange, Failing, Framer, Refusing, Revoking
from shaketable.real.tap.lane import Lane
from shaketable.real.tap.side import Side
from shaketable.real.tap.switchboard import Switchboard
from shaketable.real.tap.traffic import Traffic


class Connection:
    """Goes on until either side closes; `abort` resets both. `client_side` is for the socket that was accepted."""

    def __init__(
        self,
        client: str,
        server: str,
        upstream: tuple[str, int],
        framer: Framer,
        board: Switchboard,
        buffer: memoryview,
        again: Callable[[bytes], None],
        began: Callable[[Connection], None],
        ended: Callable[[Connection], None],
    ) -> None:
        self.framer = framer
        self._upstream = upstream
        self._dialing: asyncio.Task[None] | None = None
        self._began = began
        self._ended = ended
        self._is_over = False
        self._failing = framer if isinstance(framer, Failing) else None
        self._refusing = framer if isinstance(framer, Refusing) and self._failing is None else None
        self.traffic = Traffic(
            client,
            server,
            board,
            framer.in_order,
            self.abort,
            again,
            self._failing,
            self._answer_unserved,
            framer if isinstance(framer, Revoking) else None,
            self._refusing,
            answers_half_closed=getattr(framer, "answers_half_closed", False),
            told_by_answers=getattr(framer, "told_by_answers", False),
        )
        self._requests = Lane("request", self.traffic, framer.client_sent, framer.client_closed, self._end)
        self._replies = Lane("reply", self.traffic, framer.server_sent, framer.server_closed, self._end)
        self._replies.flushed = self._requests.end_if_answered
        self.client_side = Side(self._requests, self._replies, buffer, self._accepted)
        self._server_side = Side(self._replies, self._requests, buffer)

    @property
    def awaits_reply(self) -> bool:
        """True while a party may wait for an answer on it, or for one that never comes; also when that cannot be known."""
        return bool(self.traffic.awaits_reply or self.framer.opaque)

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """The tasks under way on it."""
        waiting = (self._dialing, self._requests.task, self._replies.task)
        return [task for task in waiting if task is not None]

    def abort(self) -> None:
        """Reset both sides now."""
        self.client_side.reset()
        self._server_side.reset()
        self._end()

    def lose_client(self) -> None:
        """Reset the client's side, for the client is gone; a message of it that is held goes on, then the connection ends."""
        self.client_side.reset()

    def _answer_unserved(self, exchange: Exchange, answer: bytes) -> None:
        """Answer a request that the server never gets, when those before it have their answers."""
        answering = self._failing or self._refusing
        assert answering is not None
        answering.answer_unserved(exchange, answer)
        self._replies.received(b"")

    # -- beginning and end -------------------------------------------------------------------------------

    def _accepted(self) -> None:
        self._began(self)
        if not self._is_over:
            self._dialing = asyncio.ensure_future(self._dial())

    async def _dial(self) -> None:
        try:
            # No limit: it is for the client to give up, and the end of its side cancels this.
            await asyncio.get_running_loop().create_connection(lambda: self._server_side, *self._upstream)
        except OSError:
            self.abort()  # nothing listens there: the client must not take it for an answer
            return
        self._dialing = None
        self._requests.begin()
        self._replies.begin()

    def _end(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        for task in self.tasks:
            task.cancel()
        self.client_side.close()
        self._server_side.close()
        self._ended(self)
