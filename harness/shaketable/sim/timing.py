"""The delays of one run: with seed 0 nothing but a millisecond for each reply, else what the seed draws."""

from __future__ import annotations

from random import Random

REPLY_MS = 1
PACE_MS_MAX, VARIES_MS = 40, 10
"""With a seed: the greatest time of an answer, seen on real servers at their scale of 10, and its variation."""
LATE_MS_MAX = 50
START_MS_MAX = 1_000
"""With a seed: the greatest delay of a step, and of the return of a party that starts."""
WARM_UP_MS = 500
"""With a seed: the time processes have been up when the run begins: in their groups, their polls under way."""


class Timing:
    """The delays of one run, all drawn from one source in the order of asking, so the same every time."""

    __slots__ = ("_chance", "_paces_ms", "has_begun", "is_drawn")

    def __init__(self, seed: int) -> None:
        self.is_drawn = bool(seed)
        self.has_begun = not seed  # False while processes warm up
        self._chance = Random(seed) if seed else None
        self._paces_ms: dict[tuple[str, str], int] = {}

    def travel_ms(self, sender: str, receiver: str) -> int:
        """Return how long a request travels: always as long on one link, so that none overtakes another."""
        if self._chance is None:
            return 0
        pace_ms = self._paces_ms.get((sender, receiver))
        if pace_ms is None:
            pace_ms = self._paces_ms[sender, receiver] = self._chance.randint(0, PACE_MS_MAX)
        return pace_ms // 2

    def answer_ms(self, sender: str, receiver: str) -> int:
        """Return how long the next answer takes: with a seed as long as its request did, or a little longer."""
        if self._chance is None:
            return REPLY_MS
        return REPLY_MS + self.travel_ms(sender, receiver) + self._chance.randint(0, VARIES_MS)

    def start_ms(self) -> int:
        """Return how much longer than its time down a party takes to be back."""
        return self._chance.randint(0, START_MS_MAX) if self._chance else 0

    def late_ms(self) -> int:
        """Return how late the next step is applied."""
        return self._chance.randint(0, LATE_MS_MAX) if self._chance else 0

    def left_ms(self, delay_ms: int) -> int:
        """Return how much is left of an interval of `delay_ms` that began at some time before the run."""
        return self._chance.randint(0, delay_ms) if self._chance else delay_ms
