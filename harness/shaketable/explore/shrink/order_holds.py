"""An order as holds: what deviations say is late is held at its boundary, so that real servers make the same order.

A deviation waits for another arrival, which no proxy can know of on servers that it does not control; a hold waits for a time.
So times are tried, with more time between the steps too: the chosen ones show the anomaly under most drawn timings, and lie
in the middle of those that do, as far as can be from both ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from msgspec.structs import replace

from shaketable.explore.shrink.robustness import SEEDS
from shaketable.explore.shrink.shrinker import SchedulePredicate
from shaketable.fault import Hold
from shaketable.schedule import Inject, Schedule, Step, Wait

_HOLDS_MS = (50, 100, 200, 350, 600, 1_000, 1_700, 3_000, 5_000)
_STRETCHES = (20, 5, 1)
"""Factors of all waits, the calmest first: real servers are slower than the millisecond that an answer takes here."""
_SEEDS = SEEDS[:12]
_MISSES_MAX = 4


@dataclass(frozen=True, slots=True)
class Held:
    """A schedule without deviations that shows the same under so many of so many drawn timings."""

    schedule: Schedule
    timings_shown: int
    timings: int


def as_holds(schedule: Schedule, shows: SchedulePredicate) -> Held | None:
    """Return `schedule` with holds in place of its deviations; None if no holds show the same.

    `shows` executes a schedule under its seed in a world that draws timings, and tells whether it shows the anomaly. The best
    of all is returned: how good that is, its figures say.
    """
    best: Held | None = None
    for stretch in _STRETCHES:
        found = [held for held in _of_stretch(schedule, stretch, shows) if held is not None]
        most = max((held.timings_shown for held in found), default=0)
        if most and (best is None or most > best.timings_shown):
            equal = [held for held in found if held.timings_shown == most]
            best = equal[len(equal) // 2]
        if most == len(_SEEDS):
            break
    return best


def _of_stretch(schedule: Schedule, stretch: int, shows: SchedulePredicate) -> Iterator[Held | None]:
    for for_ms in _HOLDS_MS:
        held = replace(
            schedule.with_deviations(()),
            steps=(*_holds(schedule, for_ms), *(_stretched(step, stretch) for step in schedule.steps)),
        )
        yield _tried(held, shows)


def _tried(held: Schedule, shows: SchedulePredicate) -> Held | None:
    shown = missed = 0
    for seed in _SEEDS:
        if shows(replace(held, seed=seed)):
            shown += 1
        elif (missed := missed + 1) > _MISSES_MAX:
            return None
    return Held(held, shown, len(_SEEDS)) if shows(held) else None


def _holds(schedule: Schedule, for_ms: int) -> tuple[Step, ...]:
    # Who has a row first cannot be held; but a statement that comes later cannot be the first of two.
    return tuple(
        Inject(Hold(at=late.at, leg="request" if late.leg == "lock" else late.leg, for_ms=for_ms))
        for late in schedule.deviations or ()
    )


def _stretched(step: Step, stretch: int) -> Step:
    return Wait(step.ms * stretch) if isinstance(step, Wait) else step
