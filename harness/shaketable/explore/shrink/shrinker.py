"""Shrinking one schedule to the shortest one that still shows its anomaly: ddmin, then simpler values.

Steps are left out as by Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input" (IEEE TSE 28(2),
2002), without knowing what a step means. Deterministic: the same schedule and predicate give the same result.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from shaketable.certificate import ODD_TIMINGS_MAX
from shaketable.explore.budget import never_stop
from shaketable.explore.shrink.crossings import Crossings
from shaketable.explore.shrink.ddmin import Steps, cut_tail, ddmin, singles
from shaketable.explore.shrink.deviations import (
    Deviations,
    fewer_deviations,
    simpler_deviations,
    with_calls_renamed,
)
from shaketable.explore.shrink.plain_values import NONE_PLAIN, PlainValues
from shaketable.explore.shrink.simpler_values import merge_waits, simplify
from shaketable.orders.deviation import Arrival
from shaketable.schedule import Schedule

SchedulePredicate = Callable[[Schedule], bool]
"""Executes a schedule and tells whether it shows the anomaly."""

_ENCODE = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one search for a shorter schedule: `executions_max`, and `stop()` for a deadline or Ctrl-C.

    An execution that `stop` interrupts, by a KeyboardInterrupt, counts as one that shows nothing.
    """

    executions_max: int = 1_000
    stop: Callable[[], bool] = never_stop


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The smallest schedule found after `executions`.

    `minimal` means that no single step can go; if not, `reason` says why. `shown` is False if not even the first
    execution showed the anomaly. It shows under `timings_shown` of `timings` drawn timings (see
    shaketable.explore.shrink.robustness); both are 0 if none was tried.
    """

    schedule: Schedule
    executions: int
    minimal: bool
    reason: str = ""
    shown: bool = True
    timings_shown: int = 0
    timings: int = 0

    @property
    def holds(self) -> bool:
        """True if it shows whatever the timing, as far as that was tried."""
        return self.timings_shown >= self.timings - ODD_TIMINGS_MAX


class _LimitReached(Exception):
    """Nothing more may be executed."""


class _Trials:
    """Executes candidates within the limits and remembers every answer. The smallest of `accepted` stands last."""

    def __init__(
        self, schedule: Schedule, shows: SchedulePredicate, limits: Limits, crossings: Crossings | None
    ) -> None:
        self.best = schedule
        """The last that has shown the anomaly: the smallest so far."""
        self._shows = shows
        self._crossings = crossings
        self._limits = limits
        self._tried: dict[bytes, bool] = {}
        self.accepted: list[Schedule] = []
        self.executions = 0

    def run(self, schedule: Schedule) -> bool:
        """Execute `schedule`, even if the answer is known. Raises _LimitReached."""
        if self.executions >= self._limits.executions_max:
            raise _LimitReached(f"stopped after {self.executions} executions")
        if self._limits.stop():
            raise _LimitReached("stopped before the end")
        self.executions += 1
        try:
            return self._shows(schedule)
        except KeyboardInterrupt:
            if not self._limits.stop():
                raise
            raise _LimitReached("stopped before the end") from None

    def __call__(self, steps: Steps) -> bool:
        """Tell whether these steps show the anomaly too, under the deviations of the best so far; if so they are the best."""
        best = self.best
        if best.deviations:
            best = best.with_deviations(with_calls_renamed(best.deviations, best.steps, steps))
        if self._try(msgspec.structs.replace(best, steps=steps)):
            return True
        renumbered = None if self._crossings is None else self._crossings.renumbered(self.best, steps)
        return renumbered is not None and self._try(renumbered)

    def with_deviations(self, deviations: Deviations) -> bool:
        """Tell whether the steps of the best so far show the anomaly under these deviations too."""
        return self._try(self.best.with_deviations(deviations))

    def after(self, at: str) -> list[Arrival]:
        """Return the arrivals that may come before one at the boundary `at`, if that waits for them."""
        return [] if self._crossings is None else self._crossings.after(self.best, at)

    def _try(self, candidate: Schedule) -> bool:
        key = _ENCODE((candidate.steps, candidate.deviations or ()))
        known = self._tried.get(key)
        if known is None:
            known = self._tried[key] = self.run(candidate)
            if known:
                self.accepted.append(candidate)
        if known:
            self.best = candidate
        return known


def shrink(
    schedule: Schedule,
    shows: SchedulePredicate,
    limits: Limits | None = None,
    plain: PlainValues = NONE_PLAIN,
    crossings: Crossings | None = None,
) -> Shrunk:
    """Return the smallest schedule found for which `shows` is true, with values that are `plain` where they can be.

    Without `crossings` deviations keep their numbers when steps are left out, and wait for what they waited for.

    It has shown the anomaly twice, unless `reason` says otherwise: a schedule that shows it only sometimes is kept,
    never thrown away.
    """
    trials = _Trials(schedule, shows, limits or Limits(), crossings)
    try:
        if not trials.run(schedule):
            return Shrunk(schedule, trials.executions, False, "it did not show again", shown=False)
        trials.accepted.append(schedule)
        fewer_deviations(schedule.deviations or (), trials.with_deviations)
        _reduce(trials, plain)
        return _confirm(trials)
    except _LimitReached as limit:
        best_so_far = trials.accepted[-1] if trials.accepted else schedule
        return Shrunk(best_so_far, trials.executions, False, str(limit))


def _reduce(trials: _Trials, plain: PlainValues) -> None:
    steps = trials.best.steps
    steps = merge_waits(ddmin(cut_tail(steps, trials), trials), trials)
    while True:
        steps = simplify(steps, trials, plain)
        # A simpler value may have made a step superfluous, and a step less may leave two waits side by side.
        shorter = merge_waits(singles(steps, trials), trials)
        deviations = trials.best.deviations or ()
        if fewer_deviations(deviations, trials.with_deviations) == deviations and shorter == steps:
            break
        steps = shorter
    simpler_deviations(deviations, trials.with_deviations, trials.after)


def _confirm(trials: _Trials) -> Shrunk:
    """Execute the result once more; if it does not show the anomaly, go back to the last accepted one that does."""
    best = trials.best
    if trials.run(best):
        return Shrunk(best, trials.executions, True)
    for candidate in reversed(trials.accepted[:-1]):
        if trials.run(candidate):
            return Shrunk(candidate, trials.executions, False, "shorter ones show it only sometimes")
    return Shrunk(trials.accepted[0], trials.executions, False, "it shows only sometimes")
