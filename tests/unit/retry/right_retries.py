"""Retries that are right and unlike the shipped ones, each with what it declares."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any

from shaketable import retry
from shaketable.subject import Subject

SMALL: dict[str, Any] = {"attempts": 3, "wait_ms": 100, "jitter": "none", "repeats": "all"}
Function = Callable[[], Awaitable[Any]]


class Fixed:
    """Waits equally long, and repeats whatever is an Exception, a false result never."""

    rejections = ()

    def __init__(self, _clock: Any) -> None: ...

    def call(self, fn: Callable[[], object], idempotent: bool) -> object:
        for left in (2, 1, 0):
            try:
                return fn()
            except Exception:
                if not left:
                    raise
            time.sleep(0.1)
        return None


class Decorrelated:
    """Draws each wait from the one before; never repeats a request that is not idempotent; as often as its budget lets."""

    rejections = ()

    def __init__(self, clock: Any) -> None:
        self._clock, self._random = clock, random.Random(3)

    async def call(self, fn: Function, idempotent: bool) -> object:
        until_ms, wait_ms = self._clock.now_ms() + 2_000, 100
        while True:
            try:
                return await fn()
            except (ConnectionError, TimeoutError):
                wait_ms = min(400, self._random.randint(100, max(100, 3 * wait_ms)))
                if not idempotent or self._clock.now_ms() + wait_ms > until_ms:
                    raise
            await asyncio.sleep(wait_ms / 1_000)


class Exhausted(Exception):
    """All attempts failed."""


class Wraps:
    """Repeats a result of None too, and ends with an error of its own, whatever was wrong last."""

    rejections = ()

    def __init__(self, _clock: Any) -> None: ...

    async def call(self, fn: Function, idempotent: bool) -> object:
        cause: Exception | None = None
        for number in range(3):
            if number:
                await asyncio.sleep(0.1 * 2 ** (number - 1))
            try:
                result = await fn()
            except (ConnectionError, TimeoutError) as error:
                cause = error
                continue
            if result is not None:
                return result
        raise Exhausted from cause


class WithDeadline:
    """Ends whatever runs when its budget is over: an attempt, or a wait."""

    rejections = ()

    def __init__(self, _clock: Any) -> None: ...

    async def call(self, fn: Function, idempotent: bool) -> object:
        async with asyncio.timeout(1):
            for number in itertools.count():
                if number:
                    await asyncio.sleep(0.1)
                try:
                    return await fn()
                except ConnectionError:
                    continue
                except TimeoutError:
                    if not idempotent:
                        raise
        return None


class CutsAttempts:
    """Ends each attempt after 700 ms, which counts as one without an answer."""

    rejections = ()

    def __init__(self, _clock: Any) -> None: ...

    async def call(self, fn: Function, idempotent: bool) -> object:
        for left in (2, 1, 0):
            try:
                async with asyncio.timeout(0.7):
                    return await fn()
            except (ConnectionError, TimeoutError) as error:
                if not left or (isinstance(error, TimeoutError) and not idempotent):
                    raise
            await asyncio.sleep(0.1)
        return None


class ByTheClock:
    """Measures its budget by the time of the day, once each attempt has failed, and cuts its last wait to what is left."""

    rejections = ()

    def __init__(self, _clock: Any) -> None: ...

    def call(self, fn: Callable[[], object], idempotent: bool) -> object:
        until_s = time.time() + 1
        while True:
            try:
                return fn()
            except (ConnectionError, TimeoutError):
                left_s = until_s - time.time()
                if left_s <= 0:
                    raise
            time.sleep(min(0.3, left_s))


def right_retries() -> list[Subject]:
    """Return them all."""
    made: list[tuple[Any, bool, dict[str, Any]]] = [
        (Fixed, True, {**SMALL, "retries": "exceptions"}),
        (Decorrelated, False, {**SMALL, "attempts": 0, "wait_max_ms": 400, "jitter": "decorrelated", "budget_ms": 2_000, "repeats": "idempotent_only"}),
        (Wraps, False, {**SMALL, "factor": 2, "retries_none": True, "surfaces": "wrapped", "none_surfaces": "error"}),
        (WithDeadline, False, {**SMALL, "attempts": 0, "budget_ms": 1_000, "budget_covers": "all", "repeats": "idempotent_only"}),
        (CutsAttempts, False, {**SMALL, "attempt_ms": 700, "repeats": "idempotent_only"}),
        (ByTheClock, True, {**SMALL, "attempts": 0, "wait_ms": 300, "budget_ms": 1_000, "budget_covers": "decisions", "clock": "wall"}),
    ]  # fmt: skip
    return [
        retry(f"retry/{make.__name__}", make, profile=profile, sync=sync, carrier="greenlets")
        for make, sync, profile in made
    ]
