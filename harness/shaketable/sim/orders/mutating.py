"""Mutation of an order that was new: its beginning is kept, and from some decision on all is drawn afresh.

After Wolff, Shi, Duck, Mathur and Roychoudhury, "Greybox fuzzing for concurrency testing" (ASPLOS 2024), which keeps constraints of
schedules that showed new pairs of reads and writes, mutates them, and draws what they leave open by partial-order sampling. Here a
run is kept whose conflicting accesses came in an order not seen before; the constraints are its deviations
(`shaketable.explore.generate.policy_turns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shaketable.sim.orders.policy import C
from shaketable.sim.orders.pos import PartialOrderSampling


class Mutating:
    """An `OrderPolicy` that leaves the first decisions, a drawn number of about `steps`, to the deviations of the run."""

    __slots__ = ("_kept", "_sampling")

    def __init__(self, chance: Random, steps: int) -> None:
        self._kept = chance.randrange(max(steps, 1))
        self._sampling = PartialOrderSampling(chance)

    def choose(self, due: Sequence[C], may_wait: bool) -> C | None:
        """See `OrderPolicy.choose`; what the deviations hold is not among `due`."""
        if self._kept:
            self._kept -= 1
            return due[0]
        return self._sampling.choose(due, may_wait)
