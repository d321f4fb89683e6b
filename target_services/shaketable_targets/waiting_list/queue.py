"""The queue of each place in Redis: quick to ask, and never what decides."""

from __future__ import annotations

from collections.abc import Callable

from shaketable.ports import Cache, Ports
from shaketable_targets.waiting_list.waitings import Waitings


class Queue:
    """The sorted sets. Every command raises the errors of the port where Redis cannot be reached."""

    __slots__ = ("cache", "new_id", "waitings")

    def __init__(self, ports: Ports, waitings: Waitings) -> None:
        self.cache: Cache = ports.cache
        self.new_id: Callable[[], str] = ports.new_id
        self.waitings = waitings

    async def add(self, place: str, *entries: tuple[str, int]) -> None:
        """Add those that wait, and take back those that ceased to wait meanwhile.

        A cancellation that is committed after that look removes the entry itself.
        """
        for waiting, created_ms in entries:
            await self.cache.sorted_add(key_of(place), waiting, created_ms)
        added = [waiting for waiting, _ in entries]
        waits = await self.waitings.among(added)
        for waiting in added:
            if waiting not in waits:
                await self.remove(place, waiting)

    async def remove(self, place: str, waiting: str) -> None:
        await self.cache.sorted_remove(key_of(place), waiting)

    async def listed(self, place: str) -> list[tuple[str, int]]:
        """Return the entries of a place in their order, each with its score."""
        return await self.cache.sorted_range(key_of(place))

    async def ahead(self, place: str, waiting: str) -> int | None:
        """Return how many are ahead of one; None if it is not there."""
        return await self.cache.sorted_rank(key_of(place), waiting)


def key_of(place: str) -> str:
    return f"queue:{place}"
