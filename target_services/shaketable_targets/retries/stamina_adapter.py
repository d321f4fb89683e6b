"""stamina 26.1.0, asyncio: tenacity with settings of its own. The wait is doubled, something is added, and the sum is capped.

Its `timeout` ends the retries once it is over when an attempt has failed (`stop_after_delay`); a wait may lead beyond it.
"""

import random
from collections.abc import Awaitable, Callable

from stamina import AsyncRetryingCaller
from stamina.instrumentation import set_on_retry_hooks

PROFILE: dict[str, str | int | float | bool] = {
    "attempts": 4,
    "wait_ms": 200,
    "factor": 2,
    "wait_max_ms": 1_000,
    "jitter": "added",
    "jitter_ms": 300,
    "budget_ms": 5_000,
    "budget_covers": "decisions",
    "repeats": "all",
    "false_errors": "lost",  # it keeps errors in a concurrent.futures.Future, which asked for their truth until Python 3.13.4
}


class StaminaAdapter:
    """It asks nothing of what it repeats, so a request that is not idempotent is no different to it."""

    rejections = ()

    def __init__(self, _clock: object) -> None:
        set_on_retry_hooks([])  # else it logs each retry
        random.seed(1)  # it draws from the module's generator: the same in each run
        self._call = AsyncRetryingCaller(
            attempts=4, timeout=5.0, wait_initial=0.2, wait_max=1.0, wait_jitter=0.3, wait_exp_base=2
        ).on((ConnectionError, TimeoutError))

    async def call(self, fn: Callable[[], Awaitable[object]], idempotent: bool) -> object:
        return await self._call(fn)
