"""Where a pump puts what it passes on: bytes that came together leave together."""

from __future__ import annotations

import asyncio


class Outlet:
    """Keeps what is put until `flush`, which every pause must be preceded by: a system call for each message would
    cost more than reading it does, and wake its receiver for nothing.
    """

    __slots__ = ("_pending", "_writer")

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._pending: list[bytes] = []

    def put(self, data: bytes) -> None:
        self._pending.append(data)

    def flush(self) -> None:
        """Send it."""
        if self._pending:
            data = self._pending[0] if len(self._pending) == 1 else b"".join(self._pending)
            self._pending.clear()
            self._writer.write(data)

    async def drain(self) -> None:
        """Send it, and wait while the receiver has more than it takes."""
        self.flush()
        await self._writer.drain()
