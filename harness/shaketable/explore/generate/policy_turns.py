"""The policies of a batch of runs, by turns: none finds everything, and what needs no odd order is found without any."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shaketable.orders.arrivals import Arrivals
from shaketable.orders.policy import Policy, PolicyName
from shaketable.runner import Outcome
from shaketable.schedule import Schedule

TURNS: tuple[PolicyName | None, ...] = (
    None,
    "pos",
    None,
    "random-walk",
    None,
    "surw",
    None,
    "pct",
    None,
    "mutating",
)
"""None: first in, first out."""
_DEPTH_MAX = 4
_KEPT_MAX = 32
_FRESH_SHARE = 0.5
"""What is drawn afresh has this share of the mutating turns: with what was kept alone a search stays where it began."""


class PolicyTurns:
    """Deals the policy of each run of one batch, drawn from the batch's seed; estimates come from earlier runs of the batch.

    `kept` are schedules, with their deviations, under which conflicting accesses came in a new order.
    """

    def __init__(self, seed: int, turns: Sequence[PolicyName | None] = TURNS) -> None:
        self._chance = Random(seed)
        self._turns = turns
        self._turn = 0
        self._events = 0
        self._objects: dict[str, dict[str, int]] = {}
        self._seen: set[str] = set()
        self.kept: list[Schedule] = []

    def deal(self, drawn: Schedule) -> Schedule:
        """Return the schedule of the next run: as drawn, under a policy, or one that was kept, to be mutated."""
        name = self._turns[self._turn % len(self._turns)]
        self._turn += 1
        if name is None:
            return drawn
        chance = self._chance
        seed, events = chance.getrandbits(32), max(self._events, 1)
        match name:
            case "pct":
                return drawn.with_policy(
                    Policy(name, seed, depth=chance.randint(1, _DEPTH_MAX), events=events)
                )
            case "surw":
                shared = [place for place, threads in self._objects.items() if sum(threads.values()) > 1]
                chosen = chance.choice(shared) if shared else ""
                threads = dict(self._objects.get(chosen, {}))
                return drawn.with_policy(Policy(name, seed, object=chosen, threads=threads))
            case "mutating":
                is_fresh = not self.kept or chance.random() < _FRESH_SHARE
                mutated = drawn if is_fresh else chance.choice(self.kept)
                return mutated.with_policy(Policy(name, seed, events=events))
            case _:
                return drawn.with_policy(Policy(name, seed))

    def learn(self, dealt: Schedule, outcome: Outcome) -> None:
        """Take note of how much happened in a run, and keep it if the order of its conflicting accesses is new."""
        if outcome.arrivals is None:
            return
        self._estimate(outcome.arrivals)
        order = outcome.order
        if not order or order in self._seen:
            return
        self._seen.add(order)
        kept = dealt.with_deviations(outcome.deviations)
        if len(self.kept) < _KEPT_MAX:
            self.kept.append(kept)
        else:
            self.kept[self._chance.randrange(_KEPT_MAX)] = kept

    def _estimate(self, arrivals: Arrivals) -> None:
        """Take the most that was seen as the estimate."""
        self._events = max(self._events, arrivals.count)
        for place, threads in arrivals.objects.items():
            known = self._objects.setdefault(place, {})
            for kind, count in threads.items():
                known[kind] = max(known.get(kind, 0), count)
