"""The oracle of a Redis cache: its changes, as the tap reads them in commands and replies."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.descriptions.placeholders import Address
from shaketable.real.oracles.oracle import Observed, Seen
from shaketable.real.tap.switchboard import Switchboard
from shaketable.subject import System


class CacheOracle:
    """Fits `shaketable.real.oracles.oracle.Oracle`."""

    def __init__(self, system: System, name: str, address: Callable[[], Address]) -> None:
        self._name = name

    async def open(self) -> None:
        """Do nothing: it declares nothing at the cache."""

    async def watch(self) -> None:
        """Do nothing: the tap reads what passes."""

    async def begin(self) -> list[Observed]:
        """Return nothing: identifiers keep runs apart."""
        return []

    async def read(self, seen: Seen) -> list[Observed]:
        return [
            Observed(at_ms, client, "cache", change)
            for at_ms, client, server, change in seen.board.changes
            if server == self._name
        ]

    async def has_work(self, board: Switchboard) -> bool:
        """Return False: a cache gives nothing of its own accord."""
        return False

    async def drop_work(self, board: Switchboard) -> None:
        """Do nothing: a connection holds nothing here, and a cache gives no work."""

    async def close(self) -> None:
        """Do nothing: there is no connection."""
