"""Mistakes in how the queue is healed."""

from __future__ import annotations

from shaketable_targets.waiting_list.healer import Healer
from shaketable_targets.waiting_list.queue import key_of


class HealsWhenMissing(Healer):
    """Heals only a queue that is not there at all: one entry that came since the loss, and it is taken for whole.

    Met wherever a cache is warmed up "if the key does not exist", and the first write after a restart makes the key.
    """

    async def mend(self, place: str) -> None:
        if not await self.queue.listed(place):
            await super().mend(place)


class OnlyAdds(Healer):
    """Adds what is missing and removes nothing: a removal that was lost leaves its entry there for good.

    Met in synchronisations that upsert: what was deleted at the source is never looked for at the target.
    """

    async def mend(self, place: str) -> None:
        listed = dict(await self.queue.listed(place))
        active = await self.waitings.active(place)
        differ = [(waiting, score) for waiting, score in active if listed.get(waiting) != score]
        for waiting, score in differ:
            await self.queue.cache.sorted_add(key_of(place), waiting, score)


class DeletesFirst(Healer):
    """Deletes the queue and adds everything anew: who asks in between is told that the queue is empty.

    Met as "clear and reload" of caches and indexes, whose readers see the gap at each reload.
    """

    async def mend(self, place: str) -> None:
        active = await self.waitings.active(place)
        await self.queue.cache.delete(key_of(place))
        for waiting, score in active:
            await self.queue.cache.sorted_add(key_of(place), waiting, score)


class SwapsBlindly(Healer):
    """Builds the queue beside the old one and renames it over that, whatever came into the old one meanwhile.

    Met in index rebuilds that swap an alias: what was written to the old index during the rebuild is gone until the next one.
    """

    async def mend(self, place: str) -> None:
        active = await self.waitings.active(place)
        if not active:
            await self.queue.cache.delete(key_of(place))
            return
        beside = self.beside(place)
        await self.queue.cache.delete(beside)
        for waiting, score in active:
            await self.queue.cache.sorted_add(beside, waiting, score)
        await self.queue.cache.rename(beside, key_of(place))

    def beside(self, place: str) -> str:
        """Return a key of this healing alone."""
        return f"{key_of(place)}:{self.queue.new_id()}"


class SharesTheKeyBeside(SwapsBlindly):
    """Builds beside the old queue under a key that all instances share: one renames what the other has half built.

    Met in jobs that use a fixed temporary name and run on every instance.
    """

    def beside(self, place: str) -> str:
        return f"{key_of(place)}:new"


class DiesOfAnError(Healer):
    """Stops for good at the first error: the next period never comes, and nothing says so.

    Met with scheduled executors, which cancel a periodic task whose run raised.
    """

    async def run(self) -> None:
        while True:
            await self.clock.sleep(self.period_ms)
            await self.heal()


class TrustsAMarker(Healer):
    """Heals where its marker is gone from Redis, as if a store that lost anything had lost everything.

    Met as a "warm" flag beside what was warmed up: Redis evicts keys one by one, and the flag may outlive the others.
    """

    async def heal(self) -> None:
        if await self.queue.cache.get("healed") is None:
            await super().heal()
            await self.queue.cache.set("healed", "yes")
