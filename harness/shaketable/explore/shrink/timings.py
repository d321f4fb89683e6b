"""Whether a schedule shows an anomaly whatever the timing.

Real servers answer in a time of their own and poll at a phase of their own, so a story that hangs on one instant of the
simulated world cannot be confirmed on them. A world that draws its timing from the seed tells beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from shaketable.certificate import ODD_TIMINGS_MAX
from shaketable.schedule import Schedule

Shows = Callable[[Schedule], bool]
"""Executes a schedule, with its seed, and says whether it shows the anomaly."""

SEEDS = tuple(range(1, 25))
"""Of the timings that the finished story is tried under."""
_FEW = 10  # of them are tried while it is still being shrunk

_ENCODE = msgspec.json.Encoder().encode
_TELLING = 2 * ODD_TIMINGS_MAX
"""Refuting seeds that are worth knowing."""


class Timings:
    """The drawn timings that a candidate must withstand. Those that refute most are tried first."""

    def __init__(self, shows: Shows, seeds: Sequence[int] = SEEDS[:_FEW]) -> None:
        self.shows = shows
        self.seeds = list(seeds)
        self._known: dict[tuple[bytes, int], bool] = {}

    def withstood(self, schedule: Schedule) -> bool:
        """Whether it shows under all of `seeds` but `ODD_TIMINGS_MAX`."""
        refuted = 0
        for place, seed in enumerate(self.seeds):
            if not self._shows_at(schedule, seed):
                refuted += 1
                if refuted > ODD_TIMINGS_MAX:
                    self.seeds.insert(0, self.seeds.pop(place))
                    return False
        return True

    def always(self, schedule: Schedule) -> bool:
        """The same, and as it is: the cheap question first, for most candidates fail it."""
        return self.shows(schedule) and self.withstood(schedule)

    def count(self, schedule: Schedule, *, more_than: int = -1) -> int:
        """Under how many of `seeds` it shows; anything up to `more_than` once it cannot be more than that."""
        shown = 0
        for left, seed in zip(range(len(self.seeds), 0, -1), self.seeds, strict=True):
            if shown + left <= more_than:
                break
            shown += self._shows_at(schedule, seed)
        return shown

    @property
    def enough(self) -> int:
        """How many of `seeds` are enough."""
        return len(self.seeds) - ODD_TIMINGS_MAX

    def refuting(self, schedule: Schedule) -> list[int]:
        """Those of `SEEDS` under which it does not show; the first few if they are too many to hold."""
        found: list[int] = []
        for seed in SEEDS:
            if not self._shows_at(schedule, seed):
                found.append(seed)
                if len(found) > _TELLING:
                    break
        return found

    def figure(self, schedule: Schedule) -> int:
        """Under how many of `SEEDS` it shows."""
        return sum(self._shows_at(schedule, seed) for seed in SEEDS)

    def add(self, seeds: Sequence[int]) -> None:
        """Ask under these as well, and first."""
        self.seeds = [*seeds, *(seed for seed in self.seeds if seed not in seeds)]

    def _shows_at(self, schedule: Schedule, seed: int) -> bool:
        key = (_ENCODE(schedule.steps), seed)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self.shows(msgspec.structs.replace(schedule, seed=seed))
        return known
