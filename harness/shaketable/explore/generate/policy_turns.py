"""The policies of a batch of runs, by turns: none finds everything, and what needs no odd order is found without any."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shaketable.orders.arrivals import Arrivals
from shaketable.orders.policy import Policy, PolicyName

TURNS: tuple[PolicyName | None, ...] = (None, "pos", None, "random-walk", None, "surw", None, "pct")
"""None: first in, first out."""
_DEPTH_MAX = 4


class PolicyTurns:
    """Draws the policy of each run of one batch from the batch's seed; estimates come from earlier runs of the batch."""

    def __init__(self, seed: int, turns: Sequence[PolicyName | None] = TURNS) -> None:
        self._chance = Random(seed)
        self._turns = turns
        self._turn = 0
        self._events = 0
        self._objects: dict[str, dict[str, int]] = {}

    def next(self) -> Policy | None:
        """Return the policy of the next run; None for first in, first out."""
        name = self._turns[self._turn % len(self._turns)]
        self._turn += 1
        if name is None:
            return None
        chance = self._chance
        seed = chance.getrandbits(32)
        match name:
            case "pct":
                return Policy(name, seed, depth=chance.randint(1, _DEPTH_MAX), events=max(self._events, 1))
            case "surw":
                shared = [place for place, threads in self._objects.items() if sum(threads.values()) > 1]
                chosen = chance.choice(shared) if shared else ""
                return Policy(name, seed, object=chosen, threads=dict(self._objects.get(chosen, {})))
            case _:
                return Policy(name, seed)

    def learn(self, arrivals: Arrivals) -> None:
        """Take note of how much happened in a run: a policy reckons with the most that was seen."""
        self._events = max(self._events, arrivals.count)
        for place, threads in arrivals.objects.items():
            known = self._objects.setdefault(place, {})
            for kind, count in threads.items():
                known[kind] = max(known.get(kind, 0), count)
