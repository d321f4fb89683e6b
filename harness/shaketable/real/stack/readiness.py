"""The one place where the real worlds wait: for a condition, with a deadline, and never for a guess of time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable

from shaketable.real.limit import WaitExpired

Condition = Callable[[], bool | Awaitable[bool]]
_HTTP_ANSWER_WITHIN_S = 1


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


async def accepts(host: str, port: int) -> bool:
    """Tell whether a connection to this address is accepted."""
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.transport.abort()
    return True


async def runs(*_: object) -> bool:
    """Accept a party that runs, whatever its address: it need not listen."""
    return True


async def status_of(host: str, port: int, path: str) -> int:
    """Return the status that GET `path` gets within a second; OSError when there is no proper answer.

    No client library is wanted for that: it is asked many times a second, and only the first line is read.
    """
    try:
        async with asyncio.timeout(_HTTP_ANSWER_WITHIN_S):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(
                    f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
                )
                line = await reader.readline()
            finally:
                writer.close()
    except TimeoutError:
        raise TimeoutError(f"no answer within {_HTTP_ANSWER_WITHIN_S} s") from None
    try:
        return int(line.split()[1])
    except (IndexError, ValueError):
        raise ConnectionError(f"{host}:{port} does not speak HTTP") from None
