"""toxiproxy-server, when it is on PATH: byte-level faults are its own; without it they are unknown here."""

from __future__ import annotations

from pathlib import Path

from shaketable.real.processes.http import status_of

ENV = {
    "LOG_LEVEL": "error",  # else it writes about every connection
    "GOMAXPROCS": "1",  # it only passes bytes on: more threads wake each other for a quarter of its time
}


def command(program: Path, port: int) -> tuple[str, ...]:
    """How it is started; `port` is that of its HTTP API."""
    return (str(program), "-host", "127.0.0.1", "-port", str(port))


async def answers(host: str, port: int) -> bool:
    """Whether its HTTP API does."""
    return await status_of(host, port, "/version") == 200
