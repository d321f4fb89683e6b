"""Selectively uniform random walk: all orders of a few chosen events are equally likely.

Zhao, Wolff, Mathur and Roychoudhury, "Selectively uniform concurrency testing" (ASPLOS 2025): a random walk that chooses each
thread with a probability proportional to the events that are left of it draws every interleaving of threads equally often. The selective
one does so for a subset of interesting events: a thread is chosen by the interesting events that are left of it, and until it has
come to its next one, the other threads run at random up to their own next, where they wait.

Here the interesting events are the arrivals at one object, and how many each thread has is estimated from other runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from shaketable.sim.orders.policy import C, Candidate


class SelectivelyUniform:
    """An `OrderPolicy` for arrivals at the object `shared`; `threads` estimates by kind of thread how many of them it has.

    A thread of another kind is taken to have none; if nothing is known of any kind, each has one. Time passes if everything
    else waits for the chosen thread.
    """

    __slots__ = ("_chance", "_chosen", "_kinds", "_left", "_left_in_all", "_object")

    def __init__(self, chance: Random, shared: str, threads: Mapping[str, int]) -> None:
        self._chance = chance
        self._object = shared
        self._kinds = threads
        self._left: dict[int, int] = {}
        self._left_in_all = 0
        self._chosen: int | None = None

    def choose(self, due: Sequence[C], may_wait: bool) -> C | None:
        """See `OrderPolicy.choose`."""
        concerned = False
        for pending in due:
            if pending.priority:  # of interest, or not seen yet
                concerned = self._note(pending) or concerned
        chosen = self._chosen
        if chosen is None and self._left_in_all:
            chosen = self._chosen = self._weighted()
        free = [p for p in due if not p.priority or p.thread[0] == chosen] if concerned else due
        if free:
            which = int(self._chance.random() * (len(free) + may_wait))
            if which == len(free):
                return None
            pending = free[which]
        elif may_wait:
            return None
        else:  # what waits may wait no longer
            pending = due[int(self._chance.random() * len(due))]
        if pending.priority:
            number = pending.thread.number
            if self._left[number]:
                self._left[number] -= 1
                self._left_in_all -= 1
            self._chosen = None
        return pending

    def _note(self, pending: Candidate) -> bool:
        """Take in its thread, and as its priority whether it is of interest, which is returned."""
        if pending.priority > 0:
            return True
        pending.priority = float(self._object in pending.objects)
        number, kind = pending.thread
        if number not in self._left:
            self._left[number] = left = self._kinds.get(kind, 0) if self._kinds else 1
            self._left_in_all += left
        return pending.priority > 0

    def _weighted(self) -> int | None:
        """Draw a thread that has arrivals left, each as likely as it has."""
        which = int(self._chance.random() * self._left_in_all)
        for number, left in self._left.items():
            if which < left:
                return number
            which -= left
        return None
