"""The one place where the real worlds wait: with a limit, by the name of what is waited for, and never for a guess of time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shaketable.errors import HarnessError

T = TypeVar("T")
Condition = Callable[[], bool | Awaitable[bool]]


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


async def wait_until(
    condition: Condition,
    *,
    within_s: float,
    every_s: float = 0.01,
    what: str,
    explain: Callable[[], str] = str,
) -> None:
    """Return once `condition` holds; it is asked every `every_s` seconds, at once for the first time.

    `what` ends the sentence "waited 5 s for ..."; `explain` is asked only at the deadline, for what a reader needs
    then (the last lines of a log, say). An exception of the condition ends the waiting: it may say why it is vain.
    Raises WaitExpired when `within_s` seconds have passed; a condition that hangs is abandoned then.
    """
    limit = asyncio.timeout(within_s)
    try:
        async with limit:
            while not await _holds(condition):
                await asyncio.sleep(every_s)
    except TimeoutError as error:
        if not limit.expired():
            raise  # the condition's own, which says something else
        said = explain()
        raise WaitExpired(f"waited {within_s:g} s for {what}, in vain{said and ': ' + said}") from error


async def _holds(condition: Condition) -> bool:
    answer = condition()
    return await answer if inspect.isawaitable(answer) else answer
