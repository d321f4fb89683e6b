"""What the database port tells of commits: a connection that listens, and the log behind a replication slot."""

from __future__ import annotations

import asyncio
from functools import partial

from shaketable.ports import Errors
from shaketable.sim.channel import Channel
from shaketable.sim.database.database_server import DatabaseServer
from shaketable.sim.database.logical_log import DecodedTransaction
from shaketable.sim.database.messages import SessionMessage
from shaketable.sim.database.notifications import ListeningSession


class ListenerPort:
    """A `shaketable.ports.Listener`. What a partition swallows is lost, and the connection with it."""

    __slots__ = ("_channel", "_errors", "_session")

    def __init__(self, channel: Channel, session: ListeningSession, errors: Errors) -> None:
        self._channel = channel
        self._session = session
        self._errors = errors

    async def get(self, within_ms: int) -> str | None:
        """See `shaketable.ports.Listener`."""
        errors, session = self._errors, self._session
        if not self._channel.alive:
            raise GeneratorExit  # ends what is left of a dead incarnation, past its `except Exception`
        if not session.is_open:
            raise errors.connection_lost("the connection that listened is gone")
        asked: list[asyncio.Future[str]] = []

        def ask() -> str | asyncio.Future[str]:
            if not session.is_open:
                raise errors.connection_lost("the connection that listened is gone")
            if session.sent:
                return session.sent.popleft()
            waiter: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            session.waiter = waiter
            asked.append(waiter)
            return waiter

        try:
            return await self._channel.cross(
                "LISTEN", session.channel, ask, counted=False, timeout_ms=within_ms
            )
        except errors.timeout:
            if not asked or asked[0].done():
                session.end()  # a partition swallowed the question or its answer
            session.waiter = None
            return None
        except (errors.connection_lost, errors.refused) as error:
            session.end()
            raise errors.connection_lost(str(error)) from None
        except asyncio.CancelledError:
            if self._channel.alive:
                session.end()
            raise


class FeedsPort:
    """A `shaketable.ports.CommitFeeds` of one incarnation: none of its messages has an address."""

    __slots__ = ("channel", "database", "errors", "server")

    def __init__(self, server: DatabaseServer, database: str, channel: Channel, errors: Errors) -> None:
        self.server = server
        self.database = database
        self.channel = channel
        self.errors = errors

    async def listen(self, channel: str) -> ListenerPort:
        """See `shaketable.ports.CommitFeeds`."""
        wire = self.channel
        listens = partial(self.server.listen, self.database, wire.sender, channel)
        session = await wire.cross("LISTEN", channel, SessionMessage(self.errors, listens), counted=False)
        return ListenerPort(wire, session, self.errors)

    async def peek(self, slot: str, rows_max: int) -> list[DecodedTransaction]:
        """See `shaketable.ports.CommitFeeds`."""
        log = self.server.log(self.database)
        peeks = SessionMessage(self.errors, partial(log.peek, slot, rows_max))
        return await self.channel.cross("PEEK", slot, peeks, counted=False)

    async def advance(self, slot: str, position: int) -> None:
        """See `shaketable.ports.CommitFeeds`."""
        log = self.server.log(self.database)
        advances = SessionMessage(self.errors, partial(log.advance, slot, position))
        await self.channel.cross("ADVANCE", slot, advances, counted=False)
