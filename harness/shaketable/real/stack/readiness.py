"""Readiness of a part or a server: what it is asked, and what counts as an answer."""

from __future__ import annotations

import asyncio

_HTTP_ANSWER_WITHIN_S = 1
_ACCEPTS_WITHIN_S = 1


async def accepts(host: str, port: int) -> bool:
    """Tell whether a connection to this address is accepted within a second."""
    try:
        async with asyncio.timeout(_ACCEPTS_WITHIN_S):
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
