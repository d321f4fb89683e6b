"""The healer: compares every queue with the rows, whether Redis was lost or not, and mends what differs."""

from __future__ import annotations

import contextlib

from shaketable.ports import TRANSIENT, Clock
from shaketable_targets.waiting_list.queue import Queue
from shaketable_targets.waiting_list.waitings import Waitings


class Healer:
    """Any number may run at once: each command is right by itself, and what it adds is looked at again."""

    def __init__(self, clock: Clock, waitings: Waitings, queue: Queue, period_ms: int) -> None:
        self.clock = clock
        self.waitings = waitings
        self.queue = queue
        self.period_ms = period_ms

    async def run(self) -> None:
        """Heal once each period, until cancelled."""
        while True:
            await self.clock.sleep(self.period_ms)
            with contextlib.suppress(*TRANSIENT):
                await self.heal()

    async def heal(self) -> None:
        for place in await self.waitings.places():
            await self.mend(place)

    async def mend(self, place: str) -> None:
        """Look at the queue first and at the rows then: what was added in between waits, or is removed by who ended it."""
        listed = dict(await self.queue.listed(place))
        active = dict(await self.waitings.active(place))
        for waiting in listed:
            if waiting not in active:
                await self.queue.remove(place, waiting)
        differ = [(waiting, score) for waiting, score in active.items() if listed.get(waiting) != score]
        if differ:
            await self.queue.add(place, *differ)
