"""Token buckets for asyncio that let a call wait for its turn, first come first served, rather than refuse it."""

from __future__ import annotations

import asyncio
from collections import deque

from shaketable_targets.rate_limiters.settings import Clock, Settings

Turn = asyncio.Future[None]
"""Done once the call that waits for it may go."""


class WaitingBucket:
    """The bucket of one key. Nothing is taken before a call's turn has come, so one that is cancelled leaves nothing behind."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self.clock = clock
        self.settings = settings
        self.left = settings.full
        self.at_ms = clock.now_ms()
        self.turns: deque[Turn] = deque()
        self.timer: asyncio.TimerHandle | None = None

    async def acquire(self) -> None:
        """Return once the call is admitted."""
        if not self.turns and self._take():
            return
        turn: Turn = asyncio.get_running_loop().create_future()
        self.turns.append(turn)
        self._set_timer()
        try:
            await turn
        except asyncio.CancelledError:
            self._cancelled(turn)
            raise

    def _cancelled(self, turn: Turn) -> None:
        """Leave the queue; what was taken in the same instant goes back."""
        if turn in self.turns:
            self.turns.remove(turn)
        elif not turn.cancelled():
            self.left += self.settings.period_ms
        self._serve()

    def _take(self) -> bool:
        self._refill()
        if self.left < self.settings.period_ms:
            return False
        self.left -= self.settings.period_ms
        return True

    def _refill(self) -> None:
        now_ms = self.clock.now_ms()
        self.left = min(self.settings.full, self.left + (now_ms - self.at_ms) * self.settings.rate)
        self.at_ms = now_ms

    def _serve(self) -> None:
        """Let those go whose turn it is, and set the timer for the next one."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        while self.turns and (self.turns[0].done() or self._take()):
            turn = self.turns.popleft()
            if not turn.done():
                turn.set_result(None)
        self._set_timer()

    def _set_timer(self) -> None:
        if self.turns and self.timer is None:
            self._refill()
            lacking = self.settings.period_ms - self.left
            wait_ms = -(-lacking // self.settings.rate)
            self.timer = asyncio.get_running_loop().call_later(wait_ms / 1000, self._serve)


class WaitingBuckets:
    """A bucket for each key; `make` is the bucket of one."""

    def __init__(self, clock: Clock, settings: Settings, make: type[WaitingBucket] = WaitingBucket) -> None:
        self._clock, self._settings, self._make = clock, settings, make
        self._buckets: dict[str, WaitingBucket] = {}

    async def admit(self, key: str) -> bool:
        """Return True once a call of this key is admitted."""
        if key not in self._buckets:
            self._buckets[key] = self._make(self._clock, self._settings)
        await self._buckets[key].acquire()
        return True
