"""A process of the simulated world: what survives a power cut (its name, its wall clock) and what does not."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable, Coroutine
from typing import Any

from shaketable.ports import Service
from shaketable.sim.loop import UNOWNED, SimLoop
from shaketable.sim.owner import OWNER, Owner


class Incarnation(Owner):
    """One life of a process: its tasks and its service."""

    __slots__ = ("_context", "_loop", "name", "service")

    def __init__(self, name: str, loop: SimLoop) -> None:
        super().__init__()
        self.name = name
        self.service: Service | None = None
        self._loop = loop
        self._context = contextvars.Context()
        self._context.run(OWNER.set, self)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `coroutine` as this process: it stops for ever when the process loses power."""
        return self._loop.create_task(coroutine, name=name, context=self._context.copy())

    def forget(self) -> None:
        """Let go of what knows it: its service and the context of its tasks."""
        self.service = None
        self._context = UNOWNED


class Process:
    """A named process and its present incarnation, None while it is down."""

    __slots__ = ("clock_offset_ms", "incarnation", "name", "starts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.incarnation: Incarnation | None = None
        self.clock_offset_ms = 0
        self.starts = 0


class SimClock:
    """A service's clock port: the wall clock may have been stepped, the monotonic one never."""

    __slots__ = ("_loop", "_process")

    def __init__(self, loop: SimLoop, process: Process) -> None:
        self._loop = loop
        self._process = process

    def now_ms(self) -> int:
        return EPOCH_MS + self._loop.now_ms + self._process.clock_offset_ms

    def monotonic_ms(self) -> int:
        return self._loop.now_ms

    def sleep(self, delay_ms: int) -> asyncio.Future[None]:
        return self._loop.sleep(delay_ms if delay_ms > 0 else 0)


class RunningClock(SimClock):
    """The clock of a process that has been up for a while when the run begins, as it is on real servers.

    Its loops began at some time before: `left_ms(delay_ms)` is left of the first sleep of each. That is so while
    `begun()` is false.
    """

    __slots__ = ("_begun", "_left_ms", "_slept")

    def __init__(
        self, loop: SimLoop, process: Process, left_ms: Callable[[int], int], begun: Callable[[], bool]
    ) -> None:
        super().__init__(loop, process)
        self._left_ms = left_ms
        self._begun = begun
        self._slept: list[asyncio.Task[Any] | None] = []

    def sleep(self, delay_ms: int) -> asyncio.Future[None]:
        if not self._begun() and delay_ms > 0:
            task = asyncio.current_task()
            if task not in self._slept:
                self._slept.append(task)
                delay_ms = self._left_ms(delay_ms)
        return super().sleep(delay_ms)


EPOCH_MS = 1_700_000_000_000
"""The simulated wall clock at the start of every run: a fixed instant, so stored times replay."""
