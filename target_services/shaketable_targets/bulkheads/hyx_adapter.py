"""hyx 0.0.2, asyncio: so many calls run, so many more wait for as long as it takes, and one beyond them is rejected."""

from collections.abc import Awaitable, Callable

from hyx.bulkhead import bulkhead
from hyx.bulkhead.exceptions import BulkheadFull

# Its docstring: max_concurrency run at the same time, and max_capacity is how many run or are queued.
PROFILE: dict[str, str | int | float | bool] = {"permits": 3, "max_wait_ms": -1, "max_queued": 2}


class HyxAdapter:
    """Used with `async with`, as its documents show first."""

    rejections = (BulkheadFull,)

    def __init__(self, _clock: object) -> None:
        self._bulkhead = bulkhead(max_concurrency=3, max_capacity=5)

    async def call(self, fn: Callable[[], Awaitable[object]]) -> object:
        async with self._bulkhead:
            return await fn()


class HyxDecoratorAdapter:
    """Used as a decorator."""

    rejections = (BulkheadFull,)

    def __init__(self, _clock: object) -> None:
        @bulkhead(max_concurrency=3, max_capacity=5)
        async def guarded(fn: Callable[[], Awaitable[object]]) -> object:
            return await fn()

        self.call = guarded
