"""Mistakes in the retry for asyncio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from shaketable_targets.retries.asyncio_retry import AsyncRetry
from shaketable_targets.retries.policy import DECLARED

Function = Callable[[], Awaitable[object]]


class RepeatsWhatIsFalse(AsyncRetry):
    """Takes a result that is false for none: nought, an empty list and "no" are asked for again.

    `if result:` where `if result is not None:` is meant.
    """

    async def call(self, fn: Function, *, idempotent: bool) -> object:
        for failed in range(1, self.policy.settings.attempts + 1):
            result = await super().call(fn, idempotent=idempotent)
            if result or failed == self.policy.settings.attempts:
                return result
            await asyncio.sleep(self.policy.wait_ms(failed) / 1000)
        return None


class CatchesCancellation(AsyncRetry):
    """Catches whatever is raised: a task that is cancelled in its call tries again.

    jd/tenacity#186, and #529 for a predicate of it.
    """

    async def call(self, fn: Function, *, idempotent: bool) -> object:
        async def caught() -> object:
            try:
                return await fn()
            except asyncio.CancelledError as error:
                raise ConnectionError("cancelled") from error

        return await super().call(caught, idempotent=idempotent)


class ShieldsItsWait(AsyncRetry):
    """Catches the cancellation that ends its wait, and goes on with the next attempt at once.

    A bare except around the sleep, as met in reconnecting clients (Yakifo/amqtt#29).
    """

    async def call(self, fn: Function, *, idempotent: bool) -> object:
        policy = self.policy
        started_ms, failed = policy.now_ms(), 0
        while True:
            try:
                return await fn()
            except DECLARED as error:
                failed += 1
                wait_ms = policy.next_wait_ms(failed, started_ms, error, idempotent)
                if wait_ms is None:
                    raise
            try:
                await asyncio.sleep(wait_ms / 1000)
            except asyncio.CancelledError:
                continue


class RepeatsAnyException(AsyncRetry):
    """Tries again whatever the business raises too: a refusal is asked for four times.

    `except Exception`, the default of decorators that take no list.
    """

    async def call(self, fn: Function, *, idempotent: bool) -> object:
        async def declared() -> object:
            try:
                return await fn()
            except DECLARED:
                raise
            except Exception as error:
                raise ConnectionError("failed") from error

        return await super().call(declared, idempotent=idempotent)


class LooksBeforeTheAttempt(AsyncRetry):
    """Takes the time before an attempt and compares it with the budget behind it: however long the attempt took, there is one more.

    litl/backoff#186; pull request 130 there would have mended it.
    """

    async def call(self, fn: Function, *, idempotent: bool) -> object:
        policy = self.policy
        started_ms, failed = policy.now_ms(), 0
        while True:
            passed_ms = policy.now_ms() - started_ms
            try:
                return await fn()
            except DECLARED as error:
                failed += 1
                since_ms = policy.now_ms() - passed_ms
                wait_ms = policy.next_wait_ms(failed, since_ms, error, idempotent)
                if wait_ms is None:
                    raise
            await asyncio.sleep(wait_ms / 1000)


class RaisesTheFirst(AsyncRetry):
    """Keeps the first error and raises that in the end: the log says what was wrong once, not what is.

    `error = error or caught`.
    """

    async def call(self, fn: Function, *, idempotent: bool) -> object:
        first: Exception | None = None

        async def kept() -> object:
            nonlocal first
            try:
                return await fn()
            except DECLARED as error:
                first = error if first is None else first
                raise

        try:
            return await super().call(kept, idempotent=idempotent)
        except DECLARED:
            assert first is not None
            raise first from None
