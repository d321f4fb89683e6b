"""The protocol of oracles: each reads what really happened at one server, past the tap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import msgspec

from shaketable.history import Json, Kind
from shaketable.real.clock import RunClock
from shaketable.real.tap.switchboard import Switchboard


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

    async def end_connections(self) -> None:
        """End what killed parts have left open at it: nothing of it may reach the next run."""
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
