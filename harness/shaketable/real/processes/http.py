"""One HTTP question, to ask whether a server is ready: no client library is wanted for that."""

from __future__ import annotations

import asyncio


async def status_of(host: str, port: int, path: str) -> int:
    """The status that GET `path` gets; OSError when nobody answers properly."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readline()
        return int(line.split()[1])
    except (IndexError, ValueError) as error:
        raise ConnectionError(f"{host}:{port} does not speak HTTP") from error
    finally:
        writer.transport.abort()
