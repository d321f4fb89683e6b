"""The clocks of a simulated process. The loop's virtual time is the same for all; wall clocks may be stepped."""

from __future__ import annotations

import asyncio
from typing import Any

from shaketable.sim.loop import SimLoop
from shaketable.sim.process import Process
from shaketable.sim.timing import Timing

EPOCH_MS = 1_700_000_000_000
"""The simulated wall clock at the start of every run: a fixed instant, so stored times replay."""


class SimClock:
    """A service's clock port: the wall clock may have been stepped, the monotonic one never."""

    __slots__ = ("_loop", "_process")

    def __init__(self, loop: SimLoop, process: Process) -> None:
        self._loop = loop
        self._process = process

    def now_ms(self) -> int:
        """Return the process's wall clock, steps included."""
        return EPOCH_MS + self._loop.virtual_ms + self._process.clock_offset_ms

    def monotonic_ms(self) -> int:
        """Return the virtual time since the world was opened."""
        return self._loop.virtual_ms

    def sleep(self, delay_ms: int) -> asyncio.Future[None]:
        """Wait `delay_ms` of virtual time; a negative delay is none."""
        return self._loop.sleep(delay_ms if delay_ms > 0 else 0)


class WarmClock(SimClock):
    """The clock of a process that has been up for a while when the run begins, as it is on real servers.

    Its tasks began at some time before: only a part is left of the first sleep of each, until the run has begun.
    """

    __slots__ = ("_slept", "_timing")

    def __init__(self, loop: SimLoop, process: Process, timing: Timing) -> None:
        super().__init__(loop, process)
        self._timing = timing
        self._slept: list[asyncio.Task[Any] | None] = []

    def sleep(self, delay_ms: int) -> asyncio.Future[None]:
        """Wait `delay_ms`, or what is left of the task's first sleep."""
        if not self._timing.has_begun and delay_ms > 0:
            task = asyncio.current_task()
            if task not in self._slept:
                self._slept.append(task)
                delay_ms = self._timing.left_ms(delay_ms)
        return super().sleep(delay_ms)
