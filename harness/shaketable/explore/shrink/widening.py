"""Schedules that leave more time for what a given one shows: longer faults and waits, or one step more in front.

A race that is won by a millisecond in the simulated world is won on real servers when one of its parties is held up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from shaketable.boundary import Boundary
from shaketable.explore.shrink.ddmin import Steps
from shaketable.explore.shrink.timings import Timings
from shaketable.fault import Crash, Drop, Fault, Hold, MessageFault, Pause
from shaketable.runner import crossed
from shaketable.schedule import Inject, Schedule, Step, Wait
from shaketable.subject import Subject, System
from shaketable.world import World

_ROUNDS_MAX = 3
_LONGER_MS = (1_000, 5_000, 15_000)
_WAITS_MS = (200, 1_000)
_PAUSES_MS = (1_000, 3_500, 12_000)
_LENGTHS = ("ms", "for_ms", "down_ms")


def widen(
    subject: Subject, world: World, schedule: Schedule, timings: Timings, stop: Callable[[], bool]
) -> Schedule | None:
    """The schedule changed a little, at most three times, until it withstands `timings`; None if that fails."""
    best, best_shown = schedule, timings.count(schedule)
    for _ in range(_ROUNDS_MAX):
        before = best_shown
        refuted = msgspec.structs.replace(best, seed=timings.seeds[0])
        for steps in wider(subject, world, refuted):
            if stop():
                return None
            candidate = msgspec.structs.replace(schedule, steps=steps)
            shown = timings.count(candidate, more_than=best_shown)
            if shown > best_shown and timings.shows(candidate):
                chosen, best_shown = candidate, shown
                if shown >= timings.enough:
                    return chosen
        if best_shown == before:
            break
        best = chosen
    return None


def wider(subject: Subject, world: World, schedule: Schedule) -> Iterator[Steps]:
    """Faults armed in front, then one length longer, then one crash, pause, wait, or late or lost message more."""
    steps = schedule.steps
    armed = [step for step in steps if isinstance(step, Inject) and isinstance(step.fault, MessageFault)]
    yield (*armed, *(step for step in steps if step not in armed))
    for place, step in enumerate(steps):
        yield from ((*steps[:place], longer, *steps[place + 1 :]) for longer in _longer(step))
    yield from ((Inject(fault), *steps) for fault in _delays(subject, world, schedule))
    for place in range(1, len(steps) + 1):
        yield from ((*steps[:place], Wait(ms), *steps[place:]) for ms in _WAITS_MS)


def _longer(step: Step) -> Iterator[Step]:
    plain = msgspec.to_builtins(step)
    holder = plain["fault"] if isinstance(step, Inject) else plain
    for name in _LENGTHS:
        if isinstance(holder.get(name), int):
            for ms in (one for one in _LONGER_MS if one > holder[name]):
                changed = {**holder, name: ms}
                whole = {**plain, "fault": changed} if isinstance(step, Inject) else changed
                yield msgspec.convert(whole, Step)


def _delays(subject: Subject, world: World, schedule: Schedule) -> Iterator[Fault]:
    """A service that begins anew, one that comes late, a message that does, or that never comes."""
    system = subject.target
    assert isinstance(system, System)
    yield from (Crash(service=role, down_ms=1_000) for role in dict.fromkeys(p.role for p in system.parts))
    yield from (Pause(service=part.name, for_ms=ms) for part in system.parts for ms in _PAUSES_MS)
    late_ms = system.io_timeout_ms * 3 // 4  # its sender is still waiting for it then
    crossed = [str(boundary) for boundary in _crossed(subject, world, schedule)]
    yield from (Hold(at=at, leg="request", for_ms=late_ms) for at in crossed)
    yield from (Drop(at=at, leg="request") for at in crossed)


def _crossed(subject: Subject, world: World, schedule: Schedule) -> list[Boundary]:
    """What the run crosses, each once: under the timing that refutes, since it is to be changed."""
    return list(dict.fromkeys(crossed(world, subject, schedule)))
