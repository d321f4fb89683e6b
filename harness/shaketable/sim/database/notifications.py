"""LISTEN and NOTIFY: who hears what, at the COMMIT of the transaction that says it.

(PostgreSQL documentation, "NOTIFY": delivered if and when the transaction commits, in the order of commits, the same
payload on the same channel once a transaction, and only to sessions that listen then.)
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

Notification = tuple[str, str]
"""Channel and payload."""


class ListeningSession:
    """The session of a client `owner` that listens on one channel: what it was sent and has not been asked for."""

    __slots__ = ("_notifications", "channel", "is_open", "owner", "sent", "waiter")

    def __init__(self, notifications: Notifications, owner: str, channel: str) -> None:
        self._notifications = notifications
        self.owner = owner
        self.channel = channel
        self.is_open = True
        self.sent: deque[str] = deque()
        self.waiter: asyncio.Future[str] | None = None

    def put(self, payload: str) -> None:
        """Send one notification to the client: to its `waiter`, if it waits."""
        waiter, self.waiter = self.waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(payload)
        else:
            self.sent.append(payload)

    def end(self) -> None:
        """End the session: it hears nothing more."""
        self.is_open = False
        self.sent.clear()
        self._notifications.forget(self)


class Notifications:
    """The sessions that listen in one database."""

    def __init__(self) -> None:
        self._sessions: dict[ListeningSession, None] = {}

    def listen(self, owner: str, channel: str) -> ListeningSession:
        """Make a session of `owner` that listens from now on."""
        session = ListeningSession(self, owner, channel)
        self._sessions[session] = None
        return session

    def deliver(self, notifications: Iterable[Notification]) -> None:
        """Send what one transaction said to all that listen, as it commits."""
        for channel, payload in notifications:
            for session in self._sessions:
                if session.channel == channel:
                    session.put(payload)

    def disconnect(self, owner: str | None) -> None:
        """End the sessions of a client, of all of them if it is None."""
        for session in [one for one in self._sessions if owner is None or one.owner == owner]:
            session.end()

    def forget(self, session: ListeningSession) -> None:
        self._sessions.pop(session, None)
