"""Retries: what they try again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from shaketable import Profile, retry
from shaketable.subject import Subject

FOUR = Profile(
    "four attempts, whatever is no ValueError",
    {
        "attempts": 4,
        "wait_ms": 100,
        "jitter": "none",
        "repeats": "all",
        "retries": "declared",
        "false_errors": "lost",
    },
)


def tenacity() -> Subject:
    """Return tenacity's retry of every error but a ValueError."""
    from tenacity import AsyncRetrying, retry_if_not_exception_type, stop_after_attempt, wait_fixed

    class Tenacity:
        rejections = ()

        def __init__(self, _clock: object) -> None:
            self._retry = AsyncRetrying(
                retry=retry_if_not_exception_type(ValueError),
                stop=stop_after_attempt(4),
                wait=wait_fixed(0.1),
                reraise=True,
            )

        async def call(self, fn: Callable[[], Awaitable[object]], idempotent: bool) -> object:
            return await self._retry.copy()(fn)

    return retry("retry/tenacity-not", Tenacity, profile=FOUR, sync=False, time="substituted")
