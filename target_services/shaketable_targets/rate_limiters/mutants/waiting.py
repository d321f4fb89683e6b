"""Mistakes in the bucket that lets a call wait."""

from __future__ import annotations

import asyncio

from shaketable_targets.rate_limiters.waiting_bucket import Turn, WaitingBucket


class ReservesForTheCancelled(WaitingBucket):
    """Takes what a call will need when it begins to wait, and does not give it back when the call is cancelled.

    A reservation without a way to cancel it; golang.org/x/time/rate has Reservation.Cancel for that.
    """

    async def acquire(self) -> None:
        self._refill()
        self.left -= self.settings.period_ms
        if self.left < 0:
            await asyncio.sleep(-(self.left // self.settings.rate) / 1000)


class StopsAtTheCancelled(WaitingBucket):
    """Leaves a cancelled call in the queue and stops at it when its turn comes: those behind it wait for ever.

    Found wherever a waiter's future is set without a look whether it is done: InvalidStateError, and the timer is never set again.
    """

    def _cancelled(self, turn: Turn) -> None:
        return

    def _serve(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        while self.turns and self._take():
            if self.turns[0].done():
                return
            self.turns.popleft().set_result(None)
        self._set_timer()


class SleepsThenGoes(WaitingBucket):
    """Sleeps for as long as the next one takes to come back, and goes without asking again: all who waited go at once.

    Check, sleep, act: what a loop around the check is for.
    """

    async def acquire(self) -> None:
        if self._take():
            return
        lacking = self.settings.period_ms - self.left
        await asyncio.sleep(-(-lacking // self.settings.rate) / 1000)
        self._refill()
        self.left = max(0, self.left - self.settings.period_ms)
