"""Watches whether the machine gives the run its processors, and records in the history when it does not.

    busy = BusyMachine(clock, history)
    busy.begin()
    ...                 # phase "busy" of the harness: in the quarter of a second before, processes waited for a processor
    await busy.end()

On a busy machine the time-outs of a subject run out although nothing fails. A rule that asks what happens when nothing is wrong
any more counts from the last such moment (`shaketable.mapping.calm_since`): what it cannot tell from a slow partner is no
breach of a promise.
"""

from __future__ import annotations

import asyncio
import time

from shaketable.history import History
from shaketable.real.clock import RunClock
from shaketable.real.run.cpu_pressure import CpuPressure

_TICK_S = 0.01
_WINDOW_S = 0.25
_IDLE_LATE_S = 0.002
"""A tick is late by so much on an idle machine too."""
_LATE_SHARE = 0.2
"""Late for this part of a window, this process does not get its turns."""
_PRESSURE_SHARE = 0.5
"""With some process waiting for this part of a window, the services, which compute more than this one, do not get theirs."""


class BusyMachine:
    """Adds the phase `busy` to the live record for each window in which processes did not get their turns.

    Its value says by how much this process was late (`late_ms`, of the schedule), and for what part of the time some
    process of the machine waited (`waiting`, 0.0 to 1.0).
    """

    def __init__(self, clock: RunClock, history: History, pressure: CpuPressure | None = None) -> None:
        self._clock = clock
        self._history = history
        self._pressure = CpuPressure() if pressure is None else pressure
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Begin to watch, on the running loop."""
        self._task = asyncio.get_running_loop().create_task(self._watch())

    async def end(self) -> None:
        """Watch no more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self) -> None:
        while True:
            late_s = await _window_late_s()
            waiting = self._pressure.so_far()
            self._pressure.begin_again()
            if late_s > _LATE_SHARE * _WINDOW_S or waiting > _PRESSURE_SHARE:
                told = {
                    "late_ms": round(late_s * self._clock.scale * 1000),
                    "waiting": round(waiting, 2),
                }
                self._history.add(self._clock.elapsed_ms(), "phase", "harness", "busy", told)


async def _window_late_s() -> float:
    """Return by how many real seconds the ticks of a window came late."""
    late_s, ends_s = 0.0, time.monotonic() + _WINDOW_S
    while (began_s := time.monotonic()) < ends_s:
        await asyncio.sleep(_TICK_S)
        late_s += max(0.0, time.monotonic() - began_s - _TICK_S - _IDLE_LATE_S)
    return late_s
