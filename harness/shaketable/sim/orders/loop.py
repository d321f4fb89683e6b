"""The loop of a run whose orders are decided: what is under way arrives when it is chosen, not when a timer fires."""

from __future__ import annotations

from typing import Any

from shaketable.errors import Deadlock
from shaketable.sim.loop import UNOWNED, SimLoop
from shaketable.sim.orders.arrival_order import ArrivalOrder


class OrderedLoop(SimLoop):
    """A `SimLoop` that asks `order` whenever all processes wait: what arrives now, or does time pass?

    Timers fire at their instant, never early or late, before what arrives at that instant. A process runs until it waits:
    nothing can tell in which order processes ran that sent each other nothing.
    """

    def __init__(self, order: ArrivalOrder) -> None:
        super().__init__()
        self._order = order

    def run_ready(self) -> None:
        """Run everything that is due at this instant and is not late."""
        self.advance_to(self.virtual_ms)

    def advance_to(self, until_ms: int) -> None:
        """Let time pass up to and including the instant `until_ms`; what is late then happens afterwards."""
        timers, ready, order = self._timers, self._ready, self._order
        decide = order.decide
        self._until_ms = until_ms = max(until_ms, self.virtual_ms)
        with self:
            self._drain()
            while True:
                now_ms = self.virtual_ms
                timer_ms = timers[0][0] if timers else until_ms + 1
                if timer_ms <= now_ms:
                    self._fire_next_instant()
                    self._drain()
                    continue
                limit_ms = timer_ms if timer_ms < until_ms else until_ms
                arrived, self.virtual_ms = decide(now_ms, limit_ms)
                if arrived is not None:
                    callback, args = arrived.callback, arrived.args
                    order.arriving = arrived
                    arrived.callback, arrived.args = _nothing, ()  # the log keeps it
                    UNOWNED.run(callback, *args)
                    order.arriving = None
                elif limit_ms == timer_ms:
                    self._fire_next_instant()
                elif limit_ms == now_ms:
                    break
                if ready:
                    self._drain()
        if self._failures:
            self._raise_failure()

    def arrive_alone(self) -> bool:
        """Let the one thing that is under way arrive without giving up control, if no callback would run before it does.

        The decisions are the same, and what happens, only cheaper. Without effect otherwise, and False.
        """
        order = self._order
        if self._ready or len(order.under_way) != 1:
            return False
        timers, until_ms = self._timers, self._until_ms
        timer_ms = timers[0][0] if timers else until_ms + 1
        if timer_ms <= self.virtual_ms:
            return False
        arrived, at_ms = order.decide(self.virtual_ms, timer_ms if timer_ms < until_ms else until_ms)
        if arrived is None:
            return False
        self.virtual_ms = at_ms
        callback, args = arrived.callback, arrived.args
        arrived.callback, arrived.args = _nothing, ()  # the log keeps it
        order.arriving = arrived
        callback(*args)
        order.arriving = None
        return True

    def run_until_complete(self, future: Any) -> Any:
        """Refuse: the world advances this loop step by step."""
        raise Deadlock(f"{future} cannot be waited for while orders are decided; use `advance`")

    def pass_alone(self, delay_ms: int) -> bool:
        """Return False: what is under way may happen meanwhile."""
        return False

    def close(self) -> None:
        """See `SimLoop.close`."""
        super().close()
        self._order.close()


def _nothing() -> None:
    return
