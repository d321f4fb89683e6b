"""The clock of a service. With a time scale of 10, ten schedule milliseconds pass in one real millisecond."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

EPOCH_MS = 1_700_000_000_000
"""The time at which scaled and real wall clocks agree: a constant, so that two processes can compare their times."""


class ClockOffset:
    """The step of the wall clock in milliseconds, read from a small file with one integer; no file, no step.

    The file's status is asked for each time, and the file is read only when it has changed.
    """

    __slots__ = ("_ms", "_path", "_seen")

    def __init__(self, path: str = "") -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._ms = 0

    def ms(self) -> int:
        if not self._path:
            return 0
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            return 0
        seen = (status.st_ino, status.st_mtime_ns, status.st_size)
        if seen != self._seen:
            text = Path(self._path).read_text().strip()
            if not text:
                return self._ms  # it is just being written, and is read next time
            self._ms = int(text)
            self._seen = seen
        return self._ms


class ScaledClock:
    """A `Clock`. With a scale of 1 it is the ordinary wall clock; the clocks of all processes with one scale agree."""

    __slots__ = ("_offset", "_scale")

    def __init__(self, scale: float = 1.0, offset: ClockOffset | None = None) -> None:
        self._scale = scale
        self._offset = ClockOffset() if offset is None else offset

    def now_ms(self) -> int:
        real_ms = time.time_ns() // 1_000_000 - EPOCH_MS
        return EPOCH_MS + int(real_ms * self._scale) + self._offset.ms()

    def monotonic_ms(self) -> int:
        return int(time.monotonic_ns() * self._scale) // 1_000_000

    async def sleep(self, delay_ms: int) -> None:
        await asyncio.sleep(self.real_s(delay_ms))

    def real_s(self, schedule_ms: float) -> float:
        """Convert schedule milliseconds to real seconds."""
        return schedule_ms / self._scale / 1000
