"""The protocol of oracles: each reads what really happened at one server, past the tap."""

from __future__ import annotations

import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol, TypeVar, runtime_checkable

import msgspec

from shaketable.history import Json, Kind
from shaketable.real.bounded_waits import WaitExpired, within
from shaketable.real.clock import RunClock
from shaketable.real.tap.switchboard import Switchboard

T = TypeVar("T")
ANSWER_WITHIN_S = 180.0
"""For all that is asked of one server at a time: three times what any single answer is waited for."""


class Observed(msgspec.Struct, frozen=True):
    """An effect that an oracle read."""

    time_ms: int
    process: str
    name: str
    value: Json
    kind: Kind = "effect"


@dataclass(frozen=True, slots=True)
class Seen:
    """One run as the tap saw it, with the run's clock."""

    clock: RunClock
    board: Switchboard


class Oracle(Protocol):
    """Made before its server runs; `open` comes once the server answers, then `watch`, and `begin` in front of each run."""

    async def open(self) -> None:
        """Connect, and create what the system declares at this server."""
        ...

    async def watch(self) -> None:
        """Begin to watch what is there: what the system makes before its parts start has been made."""
        ...

    async def begin(self) -> list[Observed]:
        """Begin a run: what is there now belongs to earlier ones. Return the state with which it begins."""
        ...

    async def read(self, seen: Seen) -> list[Observed]:
        """Return every effect of the run at this server, named and shaped as the simulated world records it."""
        ...

    async def has_work(self, board: Switchboard) -> bool:
        """Tell whether anything is left at it that a party would be given, or may be; False means settled."""
        ...

    async def drop_work(self, board: Switchboard) -> None:
        """Take away what killed parts have left at it, open or undone: nothing of it may reach the next run."""
        ...

    async def close(self) -> None:
        """Close the connection, also if it never opened."""
        ...


@runtime_checkable
class UnsettledOracle(Protocol):
    """An oracle of a server at which something may go on that no message shows for longer than the system's silences."""

    async def is_unsettled(self, board: Switchboard) -> bool:
        """Tell whether its clients are yet to learn of something: of a group that forms anew, of a transaction's end."""
        ...


@runtime_checkable
class ExpiringOracle(Protocol):
    """An oracle of a broker whose topics may lose records by their retention."""

    async def expire(self, keep: int, board: Switchboard) -> dict[str, Json] | None:
        """Delete all but the last `keep` records of each partition of what is declared to expire; None if nothing was deleted.

        Return where those partitions begin now (`begins`), and the groups with members that had not committed all of it (`unread`).
        """
        ...


class LimitedOracle:
    """An oracle of which every question has a limit: a server that never answers is named, and is no hang.

    A limit of its client that is over first, and says so by a TimeoutError without a word, gets the same words.

    Each method is that of the protocol, and raises WaitExpired.
    """

    def __init__(self, oracle: Oracle, server: str, *, within_s: float = ANSWER_WITHIN_S) -> None:
        self._oracle = oracle
        self._server = server
        self._within_s = within_s

    async def open(self) -> None:
        await self._limited(self._oracle.open(), "take what the system declares")

    async def watch(self) -> None:
        await self._limited(self._oracle.watch(), "be watched")

    async def begin(self) -> list[Observed]:
        return await self._limited(self._oracle.begin(), "begin a run")

    async def read(self, seen: Seen) -> list[Observed]:
        return await self._limited(self._oracle.read(seen), "tell what happened in the run")

    async def has_work(self, board: Switchboard) -> bool:
        return await self._limited(self._oracle.has_work(board), "tell whether it has work left")

    async def is_unsettled(self, board: Switchboard) -> bool:
        """See `UnsettledOracle`; False of an oracle that is none."""
        oracle = self._oracle
        if not isinstance(oracle, UnsettledOracle):
            return False
        return await self._limited(oracle.is_unsettled(board), "tell whether something goes on at it")

    async def expire(self, server: str, keep: int, board: Switchboard) -> dict[str, Json] | None:
        """See `ExpiringOracle`; None of an oracle that is none, or of another server."""
        oracle = self._oracle
        if server != self._server or not isinstance(oracle, ExpiringOracle):
            return None
        return await self._limited(oracle.expire(keep, board), "delete records")

    async def drop_work(self, board: Switchboard) -> None:
        await self._limited(self._oracle.drop_work(board), "drop what parts have left undone")

    async def close(self) -> None:
        await self._limited(self._oracle.close(), "close the connections of the harness")

    async def _limited(self, answer: Awaitable[T], what: str) -> T:
        began_s = time.monotonic()
        try:
            return await within(answer, within_s=self._within_s, what=f"{self._server} to {what}")
        except TimeoutError as error:
            if str(error):
                raise  # it says what it waited for
            waited_s = time.monotonic() - began_s
            raise WaitExpired(f"waited {waited_s:.0f} s for {self._server} to {what}, in vain") from error
