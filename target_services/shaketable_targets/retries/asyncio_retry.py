"""A retry for asyncio. A cancellation ends it wherever it stands: it is no error of what is called."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from shaketable_targets.retries.policy import DECLARED, Policy


class AsyncRetry:
    """Runs a function until it succeeds, or the policy gives up: then what it ended with last is what the caller gets."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    async def call(self, fn: Callable[[], Awaitable[object]], *, idempotent: bool) -> object:
        """Return what `fn` returns, or raise what it raised last."""
        policy = self.policy
        started_ms, failed = policy.now_ms(), 0
        while True:
            try:
                result = await fn()
            except DECLARED as error:
                failed += 1
                wait_ms = policy.next_wait_ms(failed, started_ms, error, idempotent)
                if wait_ms is None:
                    raise
            else:
                if result is not None or not policy.settings.repeats_none:
                    return result
                failed += 1
                wait_ms = policy.next_wait_ms(failed, started_ms, None, idempotent)
                if wait_ms is None:
                    return None
            await asyncio.sleep(wait_ms / 1000)
