"""Limiters that are right and unlike the shipped ones, each with what it declares."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import Any

from shaketable import rate_limiter
from shaketable.subject import Subject

SMALL: dict[str, Any] = {"algorithm": "token_bucket", "rate": 4, "period_ms": 1_000, "burst": 3, "clock": "monotonic", "store_lost": "none"}  # fmt: skip
WINDOW = {**SMALL, "algorithm": "fixed_window", "burst": 0}


class Gcra:
    """Keeps the one instant at which the next call would arrive if all came at the rate."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._arrival_ms: dict[str, float] = {}

    def admit(self, key: str, worker: str) -> bool:
        now_ms, step_ms = self._clock.now_ms(), 250
        arrival_ms = max(self._arrival_ms.get(key, 0), now_ms)
        if arrival_ms - now_ms > 2 * step_ms:
            return False
        self._arrival_ms[key] = arrival_ms + step_ms
        return True


class StoredLog:
    """Keeps a log in a store, each call one script; asks once more when the first answer is lost, and refuses then."""

    def __init__(self, clock: Any, points: Any) -> None:
        self._clock, self._points = clock, points
        self._logs = points.durable("logs", lambda: defaultdict(list))

    async def admit(self, key: str, worker: str) -> bool:
        for _ in range(2):
            try:
                return await self._ask(key)
            except (ConnectionError, TimeoutError):
                continue
        return False

    async def _ask(self, key: str) -> bool:
        await self._points.reach("logs.request")
        now_ms = self._clock.now_ms()
        log = self._logs[key] = [at_ms for at_ms in self._logs[key] if at_ms > now_ms - 1_000]
        admitted = len(log) < 4
        if admitted:
            log.append(now_ms)
        await self._points.reach("logs.reply")
        return admitted


class Refused(Exception):
    """Too many calls."""


class ClockWindow:
    """Counts in a window of the wall clock, refused calls too, and raises; a window that was is kept for two periods."""

    rejections = (Refused,)

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._counts: dict[tuple[str, int], int] = {}

    def admit(self, key: str, worker: str) -> bool:
        window = int(self._clock.time_s() * 1_000 + 0.5) // 1_000
        count = self._counts[key, window] = self._counts.get((key, window), 0) + 1
        if count > 4:
            raise Refused(key)
        return True


class Counter:
    """Weighs the window before by what is left of this one."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._counts: dict[tuple[str, int], int] = defaultdict(int)

    def admit(self, key: str, worker: str) -> bool:
        window, passed_ms = divmod(int(self._clock.time_s() * 1_000 + 0.5), 1_000)
        weighed = self._counts[key, window - 1] * (1_000 - passed_ms) / 1_000 + self._counts[key, window]
        if weighed + 1 > 4:
            return False
        self._counts[key, window] += 1
        return True


class Reserves:
    """Gives each call the next slot, and lets it sleep until then; a slot of one that is cancelled is lost."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._next_ms: dict[str, int] = {}

    async def admit(self, key: str, worker: str) -> bool:
        now_ms = self._clock.now_ms()
        slot_ms = max(self._next_ms.get(key, now_ms - 500), now_ms - 500)
        self._next_ms[key] = slot_ms + 250
        if slot_ms > now_ms:
            await asyncio.sleep((slot_ms - now_ms) / 1_000)
        return True


class Polls:
    """Asks a bucket again every 50 ms, in any order."""

    def __init__(self, clock: Any) -> None:
        self._bucket = Gcra(clock)

    async def admit(self, key: str, worker: str) -> bool:
        while not self._bucket.admit(key, worker):
            await asyncio.sleep(0.050)
        return True


class WaitsABit:
    """Polls for up to 300 ms, and refuses then."""

    def __init__(self, clock: Any) -> None:
        self._clock, self._bucket = clock, Gcra(clock)

    async def admit(self, key: str, worker: str) -> bool:
        until_ms = self._clock.now_ms() + 300
        while not self._bucket.admit(key, worker):
            if self._clock.now_ms() >= until_ms:
                return False
            await asyncio.sleep(0.010)
        return True


class AtIntervals:
    """Refills all of a period at once, counted from the first call of a key; each worker has a budget of its own."""

    def __init__(self, clock: Any) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], list[int]] = {}

    def admit(self, key: str, worker: str) -> bool:
        now_ms = self._clock.now_ms()
        bucket = self._buckets.setdefault((key, worker), [0, now_ms])
        periods = (now_ms - bucket[1]) // 1_000
        bucket[0], bucket[1] = min(3, bucket[0] + 4 * periods), bucket[1] + 1_000 * periods
        if not bucket[0]:
            return False
        bucket[0] -= 1
        return True


class OneLog:
    """Keeps one log for all keys, by the wall clock, and is not disturbed by a clock that is set back: it takes the latest time."""

    def __init__(self, clock: Any) -> None:
        self._clock, self._latest_ms = clock, 0
        self._log: deque[int] = deque()

    def admit(self, key: str, worker: str) -> bool:
        now_ms = self._latest_ms = max(self._latest_ms, int(self._clock.time_s() * 1_000 + 0.5))
        while self._log and self._log[0] <= now_ms - 1_000:
            self._log.popleft()
        if len(self._log) >= 4:
            return False
        self._log.append(now_ms)
        return True


def right_limiters() -> list[Subject]:
    """Return them all."""
    made: list[tuple[Any, bool, dict[str, Any]]] = [
        (Gcra, True, {**SMALL, "algorithm": "gcra"}),
        (StoredLog, False, {**WINDOW, "algorithm": "sliding_log", "clock": "store", "store_lost": "closed"}),
        (ClockWindow, True, {**WINDOW, "clock": "wall", "window_from": "clock", "refused": "consumes"}),
        (Counter, True, {**WINDOW, "algorithm": "sliding_counter", "clock": "wall"}),
        (
            Reserves,
            False,
            {**SMALL, "algorithm": "leaky_bucket", "excess": "wait", "cancelled": "keeps_slot"},
        ),
        (Polls, False, {**SMALL, "excess": "wait", "resolution_ms": 50}),
        (WaitsABit, False, {**SMALL, "excess": "wait", "max_wait_ms": 300, "resolution_ms": 10}),
        (AtIntervals, True, {**SMALL, "starts": "empty", "refill": "interval", "workers": "own"}),
        (OneLog, True, {**WINDOW, "algorithm": "sliding_log", "keys": "one", "clock": "wall"}),
    ]
    return [
        rate_limiter(
            f"rate-limiter/{make.__name__}",
            make,
            profile=profile,
            sync=sync,
            time="injected",
            carrier="greenlets",
        )
        for make, sync, profile in made
    ]
