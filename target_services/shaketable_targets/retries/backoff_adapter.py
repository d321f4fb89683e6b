"""backoff 2.2.1, sync: exponential waits with full jitter, the last one cut to what is left of `max_time`.

It measures the time that has passed before an attempt, and compares it with `max_time` behind it (`retry_exception` in its
_sync.py): an attempt that outlasts `max_time` is followed by one more. Its issues 186 and 196 say so, pull request 130 would have
mended it. It goes by `datetime.now()`.
"""

import random
from collections.abc import Callable

import backoff

PROFILE: dict[str, str | int | float | bool] = {
    "attempts": 4,
    "wait_ms": 200,
    "factor": 2,
    "wait_max_ms": 1_000,
    "jitter": "full",
    "budget_ms": 5_000,
    "budget_covers": "decisions",  # its documentation: the total time to try for before giving up
    "clock": "wall",
    "repeats": "all",
}


class BackoffAdapter:
    """It asks nothing of what it repeats, so a request that is not idempotent is no different to it."""

    rejections = ()

    def __init__(self, _clock: object) -> None:
        random.seed(1)  # it draws from the module's generator: the same in each run
        self._decorate = backoff.on_exception(
            backoff.expo, (ConnectionError, TimeoutError), max_tries=4, max_time=5, factor=0.2, max_value=1
        )

    def call(self, fn: Callable[[], object], idempotent: bool) -> object:
        return self._decorate(fn)()
