"""The limit of a wait: what is not over in its time is given up, by the name of what was waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from shaketable.errors import HarnessError

T = TypeVar("T")


class WaitExpired(HarnessError):
    """The time is over, and the condition never held."""


async def within(work: Awaitable[T], *, within_s: float, what: str) -> T:
    """Return the result of `work`; WaitExpired when `within_s` seconds have passed, and `work` is cancelled then.

    `what` ends the sentence "waited 5 s for ...". An exception of `work` passes through, a TimeoutError of its own too.
    """
    limit = asyncio.timeout(within_s)
    try:
        async with limit:
            return await work
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise WaitExpired(f"waited {within_s:g} s for {what}, in vain") from error
