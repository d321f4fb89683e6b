"""Partial-order sampling: random priorities of events, drawn again where the order is in question.

Yuan, Yang and Gu, "Partial order aware concurrency sampling" (CAV 2018): each event gets a random priority when it becomes
possible, and the one of the highest happens. Those that conflict with it get a new one, so that every order of conflicting
events is drawn afresh, and orders of events that do not concern each other take no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shaketable.sim.orders.policy import C


class PartialOrderSampling:
    """An `OrderPolicy`. That time passes is an event of its own each time; it is of no conflict."""

    __slots__ = ("_chance", "_time")

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._time = chance.random()

    def choose(self, due: Sequence[C], may_wait: bool) -> C | None:
        """See `OrderPolicy.choose`."""
        draw = self._chance.random
        best: C | None = None
        highest = self._time if may_wait else -1.0
        for pending in due:
            priority = pending.priority
            if priority < 0:
                priority = pending.priority = draw()
            if priority > highest:
                best, highest = pending, priority
        if best is None:
            self._time = draw()
        elif len(due) > 1:
            for pending in due:
                if pending is not best and best.conflicts_with(pending):
                    pending.priority = draw()
        return best
