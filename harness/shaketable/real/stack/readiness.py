"""The one place where the real worlds wait: for a condition, with a deadline, and never for a guess of time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

from shaketable.errors import HarnessError

Condition = Callable[[], bool | Awaitable[bool]]


class WaitedInVain(HarnessError):
    """The time is over, and the condition never held."""


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
    WaitedInVain when `within_s` seconds have passed; a condition that hangs is abandoned then.
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
        raise WaitedInVain(f"waited {within_s:g} s for {what}, in vain{said and ': ' + said}") from error


async def _holds(condition: Condition) -> bool:
    answer = condition()
    return await answer if inspect.isawaitable(answer) else answer


async def accepts(host: str, port: int) -> bool:
    """Whether somebody accepts connections there."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.transport.abort()
    return True
