"""A greenlet as the carrier of a call: a stack of its own in the driver's thread, switched without the system's help.

Several times cheaper than a thread, and true only for a component that does not tell threads apart: all calls
share what `threading.local` holds and what `get_ident` answers, and a call that blocks in a lock made before the
run blocks everything. So a component says itself that it may be carried so.
"""

from __future__ import annotations

from _thread import get_ident

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]  # it has no types

from shaketable.components.worker import Hand, Worker

_UNENDING: list[ParkedGreenlet] = []
"""A greenlet that is forgotten is unwound, and these cannot be."""


class ParkedGreenlet(Worker):
    """Whoever makes it is the driver: it switches there whenever it stops."""

    __slots__ = ("_carrier", "_driver")

    def __init__(self, baton: Hand) -> None:
        super().__init__(baton, get_ident())
        self._driver = getcurrent()
        self._carrier = greenlet(self._serve)

    def run(self, deadline_s: float) -> bool:
        """Always True: nothing here can wait for it meanwhile."""
        self._carrier.switch()
        if self.lost:
            _UNENDING.append(self)
        return True

    def end(self) -> None:
        self._carrier.switch()

    def _stop(self) -> None:
        self._driver.switch()

    def _serve(self) -> None:
        while not self.idle:
            self._work()
            self._driver.switch()
