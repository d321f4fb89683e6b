"""tenacity 9.2.1, asyncio: waits and stops are put together of parts; its default wraps the last error, which `reraise` undoes.

Of its two limits of time `stop_before_delay` is the one that counts the wait that would come.
"""

import random
from collections.abc import Awaitable, Callable

from tenacity import (
    AsyncRetrying,
    retry_if_exception_type,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

PROFILE: dict[str, str | int | float | bool] = {
    "attempts": 4,
    "wait_ms": 200,
    "factor": 2,
    "wait_max_ms": 1_000,
    "jitter": "full",
    "budget_ms": 5_000,
    "budget_covers": "starts",
    "repeats": "all",
    "false_errors": "lost",  # it keeps errors in a concurrent.futures.Future, which asked for their truth until Python 3.13.4
}


class TenacityAdapter:
    """It asks nothing of what it repeats, so a request that is not idempotent is no different to it."""

    rejections = ()

    def __init__(self, _clock: object) -> None:
        random.seed(1)  # it draws from the module's generator: the same in each run
        self._retry = AsyncRetrying(
            retry=retry_if_exception_type((ConnectionError, TimeoutError)),
            stop=stop_after_attempt(4) | stop_before_delay(5),
            wait=wait_random_exponential(multiplier=0.2, max=1),
            reraise=True,
        )

    async def call(self, fn: Callable[[], Awaitable[object]], idempotent: bool) -> object:
        return await self._retry.copy()(fn)
