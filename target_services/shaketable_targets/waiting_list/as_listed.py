"""The healing as listed (seed document, section 5): while Redis is down, each active row is added to it, and that is all.

The order is that of whole seconds, which is all that the listing keeps of createdAt. Around it is the hardened service: what happens
to a queue is only the listing's doing.
"""

from __future__ import annotations

from shaketable.ports import TRANSIENT
from shaketable_targets.waiting_list.healer import Healer
from shaketable_targets.waiting_list.queue import Queue, key_of
from shaketable_targets.waiting_list.service import WaitingListService


class ListedQueue(Queue):
    """Adds by the second, and looks at nothing again."""

    async def add(self, place: str, *entries: tuple[str, int]) -> None:
        for waiting, created_ms in entries:
            await self.cache.sorted_add(key_of(place), waiting, created_ms // 1_000)


class ListedHealer(Healer):
    """Heals only while Redis is down, so its writes fail; what is in Redis and waits no more, it never looks at."""

    async def heal(self) -> None:
        if await self.is_down():
            for place in await self.waitings.places():
                await self.queue.add(place, *await self.waitings.active(place))

    async def is_down(self) -> bool:
        """Tell whether Redis answers."""
        try:
            await self.queue.cache.get("health")
        except TRANSIENT:
            return True
        return False


class AsListed(WaitingListService):
    """The service with the listing's queue and healing."""

    def make_queue(self) -> Queue:
        return ListedQueue(self.ports, self.waitings)

    def make_healer(self) -> Healer:
        return ListedHealer(self.ports.clock, self.waitings, self.queue, self.config.poll_interval_ms)
