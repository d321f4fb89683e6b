"""Probabilistic concurrency testing: random priorities of threads, and few changes of them.

Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic guarantees of finding bugs"
(ASPLOS 2010): each thread gets a random priority above d, and d - 1 of the k steps, drawn in advance, lower the
priority of the thread that is about to run to a value below all of those, d - 1 at the first such step, and so on. The thread of
the highest priority runs. A defect of depth d, which needs d ordered pairs of events, shows in a run with a probability of at
least 1/(n k^(d-1)) for n threads.

Here a step is an arrival. Time is one thread more: while it is of the highest priority, everything is as late as it may be.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shaketable.sim.orders.policy import C

_TIME = -1


class Pct:
    """An `OrderPolicy` for defects of at most `depth`, in runs of about `steps` arrivals."""

    __slots__ = ("_chance", "_priorities", "_step", "_when")

    def __init__(self, chance: Random, depth: int, steps: int) -> None:
        self._chance = chance
        self._when = {chance.randrange(max(steps, 1)): depth - 1 - n for n in range(depth - 1)}
        self._priorities: dict[int, float] = {}
        self._step = 0

    def choose(self, due: Sequence[C], may_wait: bool) -> C | None:
        """See `OrderPolicy.choose`."""
        priorities = self._priorities
        best: C | None = None
        highest = -1.0
        if may_wait:
            highest = priorities.get(_TIME) or self._priority(_TIME)
        for pending in due:
            number = pending.thread[0]
            priority = priorities.get(number)
            if priority is None:
                priority = self._priority(number)
            if priority > highest:
                best, highest = pending, priority
        if best is None:
            return None
        lowered = self._when.pop(self._step, None)
        self._step += 1
        if lowered is not None:
            priorities[best.thread.number] = float(lowered) / 1_000_000
            return self.choose(due, may_wait)
        return best

    def _priority(self, thread: int) -> float:
        priority = self._priorities[thread] = 1.0 + self._chance.random()
        return priority
