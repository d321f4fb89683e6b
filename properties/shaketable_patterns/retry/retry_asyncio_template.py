"""A test of your retry, written by `shaketable init retry --asyncio`. Run it: `pytest test_my_retry_asyncio.py`.

1. It is green. Write `Mistaken` for `MyRetry` in the line `CERTIFIED = ...` and run it again: it is red, and a story says why.
2. Put your own class, or an adapter of it, in the place of MyRetry, and declare in PROFILE how that one behaves.
3. Keep it in your CI; `--shaketable-profile soak` tries more. `docs/components.md` of shaketable says what a class may offer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from shaketable import certify, retry


class MyRetry:
    """Tries 3 times in all, with waits of 200 and 400 ms; a request whose outcome is unknown only if that does no harm."""

    rejections = ()  # the errors by which it refuses a call

    def __init__(self, _clock: object) -> None:
        pass

    async def call(self, fn: Callable[[], Awaitable[object]], idempotent: bool) -> object:
        errors = self.errors()
        while True:
            try:
                return await fn()
            except ConnectionError as error:  # it was refused: nothing has happened
                errors.append(error)
            except TimeoutError as error:  # it may have happened
                errors.append(error)
                if not idempotent:
                    raise
            if len(errors) >= 3:
                raise errors[-1]
            await asyncio.sleep(0.2 * len(errors))

    def errors(self) -> list[Exception]:
        """Return where the errors of one call are kept."""
        return []


class Mistaken(MyRetry):
    """The planted mistake: the failures of all calls are counted together."""

    def __init__(self, clock: object) -> None:
        super().__init__(clock)
        self._errors: list[Exception] = []

    def errors(self) -> list[Exception]:
        return self._errors


CERTIFIED = MyRetry  # the planted mistake: CERTIFIED = Mistaken

PROFILE: dict[str, str | int | float | bool] = {
    "attempts": 3,  # the first one included; 0: as many as the budget lets
    "wait_ms": 200,  # the wait behind the first attempt
    "factor": 2,  # each wait is so many times the one before
    "wait_max_ms": 0,  # no wait is longer; 0: there is no such bound
    "jitter": "none",  # none, full, equal, added or decorrelated: how a wait is drawn
    "jitter_ms": 0,  # with added: up to so much is added to each wait
    "budget_ms": 0,  # of time, for all attempts; 0: there is none
    "budget_covers": "starts",  # none starts later; decisions: none is decided on later; all: all is over by then
    "attempt_ms": 0,  # it ends an attempt itself after so long; 0: never
    "retries": "declared",  # ConnectionError and TimeoutError; or exceptions: any Exception
    "retries_none": False,  # the result None is tried again
    "repeats": "idempotent_only",  # it knows which requests are not idempotent; or all
    "surfaces": "last",  # a caller gets the last error itself; wrapped: one that stands for it
    "none_surfaces": "returned",  # how a call ends whose every result was None; or error
    "false_errors": "surface",  # an error that is false reaches the caller; or lost
    "cancellation": "surfaces",  # how a call ends that is cancelled; or last_error
    "clock": "monotonic",  # by which a budget is measured; or wall
    "resolution_ms": 1,  # the step of the clock it counts by
}


def test_my_retry_asyncio() -> None:
    """Certify it: it has to keep every promise whatever calls do, cancelled ones too, with odd results."""
    certify(retry("my-retry", CERTIFIED, profile=PROFILE, sync=False))
