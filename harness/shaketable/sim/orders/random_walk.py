"""The random walk: each of the things that could happen next is as likely as every other."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from shaketable.sim.orders.policy import C


class RandomWalk:
    """An `OrderPolicy` without memory. It finds quickly what many orders show; orders are not equally likely."""

    __slots__ = ("_chance",)

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def choose(self, due: Sequence[C], may_wait: bool) -> C | None:
        """See `OrderPolicy.choose`; that time passes is one possibility like the others."""
        which = int(self._chance.random() * (len(due) + may_wait))
        return due[which] if which < len(due) else None
