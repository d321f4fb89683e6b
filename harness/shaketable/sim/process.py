"""A process of the simulated world: what survives a power cut (its name, its wall clock) and what does not."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any

from shaketable.ports import Service
from shaketable.sim.loop import UNOWNED, SimLoop
from shaketable.sim.owner import OWNER, Owner

CLIENT = "client"
"""The process that performs the ops of a schedule. It belongs to the harness and never loses power."""


class Incarnation(Owner):
    """The owner of what a process does from one start to the next loss of power."""

    __slots__ = ("_context", "_loop", "name")

    def __init__(self, name: str, loop: SimLoop) -> None:
        super().__init__()
        self.name = name
        self._loop = loop
        self._context = contextvars.Context()
        self._context.run(OWNER.set, self)

    def spawn(self, coroutine: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Run `coroutine` as this process: it stops for ever when the process loses power."""
        return self._loop.create_task(coroutine, name=name, context=self._context.copy())

    def dispose(self) -> None:
        """Drop the context of the tasks, which refers to the incarnation."""
        self._context = UNOWNED


class Process:
    """A named process, and while it is up its incarnation and its service. The client has no service."""

    __slots__ = ("clock_offset_ms", "incarnation", "name", "service", "starts")

    def __init__(self, name: str) -> None:
        self.name = name
        self.incarnation: Incarnation | None = None
        self.service: Service | None = None
        self.clock_offset_ms = 0
        self.starts = 0

    def lose_power(self) -> None:
        """End the incarnation: nothing of it ever runs again."""
        incarnation = self.incarnation
        assert incarnation is not None  # it is up
        incarnation.alive = False
        incarnation.backlog.clear()
        self.incarnation = self.service = None

    @property
    def is_running(self) -> bool:
        """Up, and not paused."""
        return self.incarnation is not None and not self.incarnation.paused
