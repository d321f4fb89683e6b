"""pyresilience 0.4.1, sync and asyncio: a call waits for a slot for up to max_wait, and is rejected then."""

from collections.abc import Awaitable, Callable

from pyresilience import BulkheadConfig, BulkheadFullError, resilient

# The docstring of BulkheadConfig says what both settings are.
PROFILE: dict[str, str | int | float | bool] = {"permits": 3, "max_wait_ms": 500}
CONFIG = BulkheadConfig(max_concurrent=3, max_wait=0.5)


class PyresilienceAdapter:
    rejections = (BulkheadFullError,)

    def __init__(self, _clock: object) -> None:
        @resilient(bulkhead=CONFIG)
        def guarded(fn: Callable[[], object]) -> object:
            return fn()

        self.call = guarded


class AsyncPyresilienceAdapter:
    rejections = (BulkheadFullError,)

    def __init__(self, _clock: object) -> None:
        @resilient(bulkhead=CONFIG)
        async def guarded(fn: Callable[[], Awaitable[object]]) -> object:
            return await fn()

        self.call = guarded
