"""Who has a row first of several statements that wait for it, where orders are decided: a choice like that of what arrives next.

The model of the database knows no messages, and here no database is known: what waits is named by the message that is just arriving.
"""

from __future__ import annotations

from collections.abc import Sequence

from shaketable.sim.orders.arrival_order import ArrivalOrder
from shaketable.sim.orders.pending import Pending


class RowRace:
    """Names what begins to wait, and decides who of several is first; a `shaketable.sim.database.lock_waits.Race`."""

    def __init__(self, order: ArrivalOrder) -> None:
        self._order = order

    def enter(self) -> Pending | None:
        """Return the turn of the statement that arrives now; None if none does that has an address."""
        arriving = self._order.arriving
        if arriving is None or arriving.leg != "request":
            return None
        due_ms, number = arriving.due_ms, arriving.number
        return Pending(arriving.boundary, "lock", arriving.thread, due_ms, due_ms, number, _nothing, ())

    def first(self, waiting: Sequence[object | None]) -> int:
        """Return the place of who has the row first, in a queue of what `enter` returned; 0 if one of them has no name."""
        racing = [one for one in waiting if isinstance(one, Pending)]
        if len(racing) < len(waiting):
            return 0
        return racing.index(self._order.choose_first(racing))


def _nothing() -> None:
    return
