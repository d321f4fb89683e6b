"""A greenlet as a worker: a stack of its own in the driver's thread, switched without a system call.

It costs a fraction of a thread, and is true only to a component that does not tell threads apart: all calls share the
contents of `threading.local` and the answer of `get_ident`, and a call that blocks in a lock made before the run blocks
everything. So a component has to declare that it may run on greenlets.
"""

from __future__ import annotations

from _thread import get_ident

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it has no types

from shaketable.components.scheduling.worker import SchedulerState, Worker

_UNENDING: list[GreenletWorker] = []
"""Those that cannot be unwound, kept because a greenlet that is collected is unwound."""


class GreenletWorker(Worker):
    """Switches to the greenlet that made it, the driver's, whenever it stops."""

    __slots__ = ("_driver", "_greenlet")

    def __init__(self, scheduler: SchedulerState) -> None:
        super().__init__(scheduler, get_ident())
        self._driver = getcurrent()
        self._greenlet = greenlet(self._serve)

    def run(self, deadline_s: float) -> bool:
        """Let it run until it stops; always True, for it runs in the thread that would watch the deadline."""
        self._greenlet.switch()
        if self.lost:
            _UNENDING.append(self)
        return True

    def end(self) -> None:
        self._greenlet.switch()

    def _stop(self) -> None:
        self._driver.switch()

    def _serve(self) -> None:
        while not self.idle:
            self._work()
            self._driver.switch()
