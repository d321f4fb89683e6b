"""LISTEN on a connection of its own, by asyncpg."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from shaketable.ports import ConnectionLost


class PostgresListener:
    """A `Listener`. `real_s` converts schedule milliseconds to real seconds."""

    def __init__(self, connection: Any, real_s: Callable[[float], float]) -> None:
        self._connection = connection
        self._real_s = real_s
        self._heard: asyncio.Queue[str | None] = asyncio.Queue()
        connection.add_termination_listener(lambda _: self._heard.put_nowait(None))

    async def begin(self, channel: str) -> None:
        """Say LISTEN."""
        await self._connection.add_listener(channel, self._hear)

    async def get(self, within_ms: int) -> str | None:
        """See `shaketable.ports.Listener`."""
        try:
            async with asyncio.timeout(self._real_s(within_ms)):
                payload = await self._heard.get()
        except TimeoutError:
            return None
        if payload is None:
            self._heard.put_nowait(None)  # for whatever asks again
            raise ConnectionLost("the connection that listened is gone")
        return payload

    def close(self) -> None:
        """Close its connection."""
        self._connection.terminate()

    def _hear(self, _connection: Any, _pid: int, _channel: str, payload: object) -> None:
        self._heard.put_nowait(str(payload))
