"""The second arrival of a request: on a connection of its own, and it lives on whatever becomes of the first one's."""

from __future__ import annotations

import asyncio
import contextlib

_ANSWER_WITHIN_S = 5
_ENOUGH_BYTES = 64 * 1024


async def send_again(request: bytes, upstream: tuple[str, int]) -> None:
    """Send it and wait for the beginning of the answer, which nobody hears."""
    with contextlib.suppress(OSError, TimeoutError):
        reader, writer = await asyncio.open_connection(*upstream, limit=_ENOUGH_BYTES)
        try:
            writer.write(request)
            await writer.drain()
            await asyncio.wait_for(reader.read(_ENOUGH_BYTES), timeout=_ANSWER_WITHIN_S)
        finally:
            writer.close()
