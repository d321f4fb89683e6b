"""PCT for the calls of a component: priorities and their changes are drawn anew whenever one call comes in alone.

Of a run of many calls, few overlap at a time. With priorities for the whole run, its next steps stand either before all calls or behind
all of them, and the few changes fall somewhere among hundreds of points: what needs a change at one of ten lines is hardly ever found.
The guarantee of 1/(n k^(d-1)) holds for the points k of an episode, and every episode is a try.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shaketable.components.scheduling.standing import Standing
from shaketable.orders.policy import Policy
from shaketable.sim.orders.pct import Pct

_COMES_IN = frozenset({"BEGIN", "WAKE"})
_POINTS = 20
"""The estimate for the first episode; the longest so far is that for the next."""


class PctByEpisode:
    """A `shaketable.sim.orders.policy.OrderPolicy` for calls of a component."""

    def __init__(self, policy: Policy) -> None:
        self._chance = Random(policy.seed)
        self._depth = policy.depth
        self._points, self._points_max = 0, _POINTS
        self._pct = Pct(self._chance, policy.depth, _POINTS)

    def choose(self, ready: Sequence[Standing], may_wait: bool) -> Standing | None:
        """See `OrderPolicy.choose`."""
        if len(ready) == 1 and ready[0].address[1] in _COMES_IN:
            self._points_max = max(self._points_max, self._points)
            self._points = 0
            self._pct = Pct(self._chance, self._depth, self._points_max)
        self._points += 1
        return self._pct.choose(ready, may_wait)
