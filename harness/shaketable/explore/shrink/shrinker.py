"""From the schedule that showed an anomaly to the shortest one that still does: ddmin, then simpler values.

Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (IEEE TSE 28(2), 2002), for steps;
nothing is known of what a step means here. Deterministic: the same schedule and predicate give the same result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from shaketable.certificate import ODD_TIMINGS_MAX
from shaketable.explore.shrink import ddmin as removal
from shaketable.explore.shrink import values as simpler
from shaketable.schedule import Schedule, Step

Steps = tuple[Step, ...]
_ENCODE = msgspec.json.Encoder().encode


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Limits:
    """When to give up: after so many executions, or when `stop()` says so (a deadline, Ctrl-C).

    An execution that is torn off for it, a KeyboardInterrupt, counts as not shown.
    """

    executions_max: int = 1_000
    stop: Callable[[], bool] = _never


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smallest schedule found. `minimal`: no single step can go. `reason` says why not, if not."""

    schedule: Schedule
    executions: int
    minimal: bool
    reason: str = ""
    shown: bool = True  # False: not even the first execution showed it
    timings_shown: int = (
        0  # of so many drawn `timings`, under how many it shows; see shaketable.explore.shrink.robust
    )
    timings: int = 0

    @property
    def holds(self) -> bool:
        """Whether it shows whatever the timing, as far as that was asked."""
        return self.timings_shown >= self.timings - ODD_TIMINGS_MAX


class _Spent(Exception):
    """The limits are reached."""


class _Trial:
    """Tries candidates, remembers every answer, and keeps the smallest schedule that shows."""

    def __init__(self, schedule: Schedule, shows: Callable[[Schedule], bool], limits: Limits) -> None:
        self._origin = schedule
        self._shows = shows
        self._limits = limits
        self._tried: dict[bytes, bool] = {}
        self.accepted: list[Schedule] = []
        self.executions = 0

    def run(self, schedule: Schedule) -> bool:
        """Execute, whatever was remembered."""
        if self.executions >= self._limits.executions_max:
            raise _Spent(f"stopped after {self.executions} executions")
        if self._limits.stop():
            raise _Spent("stopped before the end")
        self.executions += 1
        try:
            return self._shows(schedule)
        except KeyboardInterrupt:
            if not self._limits.stop():
                raise
            raise _Spent("stopped before the end") from None

    def __call__(self, steps: Steps) -> bool:
        """Whether these steps show it too; if so they are the best so far."""
        key = _ENCODE(steps)
        known = self._tried.get(key)
        if known is None:
            candidate = Schedule(self._origin.subject, steps, self._origin.seed, self._origin.expected)
            known = self._tried[key] = self.run(candidate)
            if known:
                self.accepted.append(candidate)
        return known


def shrink(schedule: Schedule, shows: Callable[[Schedule], bool], limits: Limits | None = None) -> Shrunk:
    """The smallest schedule found for which `shows` is true.

    `shows` executes a schedule and says whether it still shows the anomaly. The result was seen to show it
    twice, unless `reason` says otherwise: a schedule that only shows it sometimes is kept, never thrown away.
    """
    trial = _Trial(schedule, shows, limits or Limits())
    try:
        if not trial.run(schedule):
            return Shrunk(schedule, trial.executions, False, "it did not show again", shown=False)
        trial.accepted.append(schedule)
        best = _reduce(schedule.steps, trial)
        return _confirm(Schedule(schedule.subject, best, schedule.seed, schedule.expected), trial)
    except _Spent as spent:
        best_so_far = trial.accepted[-1] if trial.accepted else schedule
        return Shrunk(best_so_far, trial.executions, False, str(spent))


def _reduce(steps: Steps, trial: _Trial) -> Steps:
    steps = simpler.merge_waits(removal.ddmin(removal.cut_tail(steps, trial), trial), trial)
    while True:
        steps = simpler.simplify(steps, trial)
        shorter = removal.singles(steps, trial)  # a simpler value may have made a step superfluous
        if shorter == steps:
            return steps
        steps = shorter


def _confirm(best: Schedule, trial: _Trial) -> Shrunk:
    """Execute the result once more; if it does not show, go back to the last accepted one that does."""
    if trial.run(best):
        return Shrunk(best, trial.executions, True)
    for candidate in reversed(trial.accepted[:-1]):
        if trial.run(candidate):
            return Shrunk(candidate, trial.executions, False, "shorter ones show it only sometimes")
    return Shrunk(trial.accepted[0], trial.executions, False, "it shows only sometimes")
