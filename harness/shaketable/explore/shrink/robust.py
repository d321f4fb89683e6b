"""Shrinking to a story that holds whatever the timing, where there is one.

The plain result withstands most drawn timings as it is. If it does not, the schedule is shrunk to one that does, or,
when it does not itself, the plain result is widened first. If nothing helps, the story says that it hangs on timing.
"""

from __future__ import annotations

from dataclasses import replace

from shaketable.certificate import ODD_TIMINGS_MAX
from shaketable.explore.shrink.shrinker import Limits, Shrunk, shrink
from shaketable.explore.shrink.timings import SEEDS, Shows, Timings
from shaketable.explore.shrink.widening import widen
from shaketable.schedule import Schedule
from shaketable.subject import Subject, System
from shaketable.world import World

_ROUNDS_MAX = 3


def shrink_robustly(subject: Subject, world: World, start: Schedule, shows: Shows, limits: Limits) -> Shrunk:
    """As `shrink`, which it is in a world that draws no timing, and for a subject that is one object.

    `shows` executes a schedule, with its seed, in `world`; the seed of `start` is calm.
    """
    if not world.traits.draws_timing or not isinstance(subject.target, System):
        return shrink(start, shows, limits)
    timings = Timings(shows)
    best = shrink(start, shows, limits)
    plain = best.schedule
    for _ in range(_ROUNDS_MAX):
        refuting = timings.refuting(best.schedule)
        if len(refuting) <= ODD_TIMINGS_MAX or not best.shown or limits.stop():
            break
        timings.add(refuting)
        origin = widen(subject, world, plain, timings, limits.stop) or (
            start if timings.withstood(start) else None
        )
        if origin is None:
            break
        held = shrink(origin, timings.always, limits)
        if not held.shown or limits.stop():
            break  # cut short it is long, and may hold no better than the plain one
        best = held
    return replace(best, timings_shown=timings.figure(best.schedule), timings=len(SEEDS))
