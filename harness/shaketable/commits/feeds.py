"""The ports by which a service learns what was committed: notifications that it listens to, and the database's log.

Services find them in `shaketable.ports`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Protocol


class Notifies(Protocol):
    """What a transaction can say to those that listen."""

    def notify(self, channel: str, payload: str = "") -> Awaitable[None]:
        """Notify all that listen on `channel`, if and when the transaction commits; once, however often it says the same."""
        ...


class Listener(Protocol):
    """A connection that listens on one channel. What is notified while there is none is never heard."""

    def get(self, within_ms: int) -> Awaitable[str | None]:
        """Return the payload of the next notification; None if none comes in time.

        Raises ConnectionLost once the connection is lost, and with it what was notified since: listen anew.
        """
        ...


class LoggedRow(Protocol):
    """A row that was inserted, as the database's log has it."""

    @property
    def table(self) -> str: ...
    @property
    def row(self) -> dict[str, str | int | bool | None]: ...
    @property
    def position(self) -> int:
        """Return where it stands in the log: before the position of its transaction."""
        ...


class LoggedTransaction(Protocol):
    """A committed transaction, as the database's log has it."""

    @property
    def rows(self) -> Sequence[LoggedRow]: ...
    @property
    def position(self) -> int:
        """Return where it ends in the log."""
        ...


class CommitFeeds(Protocol):
    """What a database tells of its commits."""

    def listen(self, channel: str) -> Awaitable[Listener]:
        """Listen on a connection of its own: what commits from now on is heard."""
        ...

    def peek(self, slot: str, rows_max: int) -> Awaitable[Sequence[LoggedTransaction]]:
        """Return what was committed behind the position of a replication slot, oldest first; the slot stays where it is.

        Transactions come whole: the last one is that with which `rows_max` is reached. Raises LockNotAvailable while
        another reads the slot.
        """
        ...

    def advance(self, slot: str, position: int) -> Awaitable[None]:
        """Move the slot forward: transactions that end there or before are not read again, unless the server loses power.

        A position that it has passed already changes nothing. Raises LockNotAvailable while another reads the slot.
        """
        ...
