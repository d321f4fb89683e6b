"""Robustness: shrinking to a schedule that shows its anomaly whatever the timing, where there is one.

Real servers answer after delays of their own and poll at phases of their own, so an anomaly that shows only at exact
instants of the simulated world cannot be confirmed on them. A world that draws its timing from the seed tells beforehand.

The shortest schedule usually holds: it shows under nearly all drawn timings. If it does not, it is widened, by longer
faults and waits or one step more, until it holds, and shrunk again to one that does. If that fails, the schedule as
found is shrunk to one that holds, if it holds itself. If nothing helps, the result says under how few timings it shows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import msgspec

from shaketable.certificate import ODD_TIMINGS_MAX
from shaketable.explore.shrink.crossings import Crossings
from shaketable.explore.shrink.ddmin import Steps
from shaketable.explore.shrink.plain_values import PlainValues, plain_values
from shaketable.explore.shrink.shrinker import Limits, SchedulePredicate, Shrunk, shrink
from shaketable.fault import Crash, Drop, Fault, Hold, MessageFault, Pause
from shaketable.runner import crossed
from shaketable.schedule import Inject, Schedule, Step, Wait
from shaketable.subject import Subject, System
from shaketable.world import OrderedWorld, World

SEEDS = tuple(range(1, 25))
"""The seeds of the drawn timings that a finished schedule is tried under."""
_SEEDS_WHILE_SHRINKING = SEEDS[:10]
_REFUTING_SEEDS_MAX = 2 * ODD_TIMINGS_MAX
"""A schedule that does not show under more seeds than this is not tried under the rest."""
_SHRINK_ROUNDS_MAX = 3
_WIDEN_ROUNDS_MAX = 3
_LONGER_MS = (1_000, 5_000, 15_000)
_WAITS_MS = (200, 1_000)
_PAUSES_MS = (1_000, 3_500, 12_000)
_DURATIONS = ("ms", "for_ms", "down_ms")

_ENCODE = msgspec.json.Encoder().encode


def shrink_robustly(
    subject: Subject, world: World, start: Schedule, shows: SchedulePredicate, limits: Limits
) -> Shrunk:
    """Shrink `start` to a short schedule that holds, if possible.

    The same as `shrink` in a world that draws no timing, and for a subject that is one object. `shows` executes a
    schedule, with its seed, in `world`; the seed of `start` is 0, so no timing is drawn for it. What needs deviations is
    tried under no other timing.
    """
    if not isinstance(subject.target, System):
        return shrink(start, shows, limits)
    plain = plain_values(subject.pattern.workload(subject))
    if not world.traits.draws_timing:
        return shrink(start, shows, limits, plain)
    allowance = Allowance(shows, limits)
    timings = Timings(allowance.shows)
    crossings = Crossings(subject, world) if isinstance(world, OrderedWorld) else None
    best = shrink(start, allowance.shows, allowance.limits, plain, crossings)
    if best.schedule.deviations:  # the order is what it needs, and that is decided
        return best
    with contextlib.suppress(Exhausted):
        if start.deviations and best.shown and not timings.holds(best.schedule):
            ordered = shrink(start, needs_order(allowance.shows), allowance.limits, plain, crossings)
            if ordered.shown:
                return replace(ordered, executions=allowance.spent)
        best = _held(subject, world, start, best, timings, allowance, plain)
    return _with_timings(best, timings, allowance)


def needs_order(shows: SchedulePredicate) -> SchedulePredicate:
    """Return what tells whether a schedule shows the anomaly by its deviations, and without them does not.

    What shows without them under one timing only, such as two requests at one instant, is told more surely by an order.
    """

    def shows_by_order(schedule: Schedule) -> bool:
        return bool(schedule.deviations) and shows(schedule) and not shows(schedule.with_deviations(()))

    return shows_by_order


def _held(
    subject: Subject,
    world: World,
    start: Schedule,
    best: Shrunk,
    timings: Timings,
    allowance: Allowance,
    plain: PlainValues,
) -> Shrunk:
    """Return the shortest schedule found that holds, or `best` if none is found. Raises Exhausted."""
    shortest = best.schedule
    for _ in range(_SHRINK_ROUNDS_MAX):
        refuting = timings.refuting_seeds(best.schedule)
        if len(refuting) <= ODD_TIMINGS_MAX or not best.shown or allowance.limits.stop():
            break
        timings.add(refuting)
        origin = widen(subject, world, shortest, timings, allowance.limits.stop)
        if origin is None:
            if not timings.holds(start):
                break
            origin = start
        held = shrink(origin, timings.shows_and_holds, allowance.limits, plain)
        if not held.shown or allowance.limits.stop():
            break  # cut short it is long, and may hold no better than the shortest one
        best = held
    return best


def _with_timings(best: Shrunk, timings: Timings, allowance: Allowance) -> Shrunk:
    """Say under how many of as many timings as may still be tried it shows."""
    allowance.give_reserve()
    shown = tried = 0
    with contextlib.suppress(Exhausted):
        for seed in SEEDS:
            shown += timings.shows_at(best.schedule, seed)
            tried += 1
    return replace(best, timings_shown=shown, timings=tried, executions=allowance.spent)


class Exhausted(KeyboardInterrupt):
    """No execution is left. `shrink` takes it for one that was interrupted."""


class Allowance:
    """The executions that one schedule may cost, timings and widening included; so many as `SEEDS` are kept for the end."""

    def __init__(self, shows: SchedulePredicate, limits: Limits) -> None:
        self._shows = shows
        self._executions_max = limits.executions_max
        self._reserve = min(len(SEEDS), limits.executions_max // 2)
        self._stop = limits.stop
        self.spent = 0
        self.limits = Limits(limits.executions_max, self._stopped)

    def shows(self, schedule: Schedule) -> bool:
        """Execute a schedule; Exhausted if none may be executed any more."""
        if self.spent >= self._executions_max - self._reserve:
            raise Exhausted
        self.spent += 1
        return self._shows(schedule)

    def give_reserve(self) -> None:
        """Allow what was kept."""
        self._reserve = 0

    def _stopped(self) -> bool:
        return self.spent >= self._executions_max - self._reserve or self._stop()


class Timings:
    """The drawn timings that a candidate must show under. The seeds that refute most candidates are tried first."""

    def __init__(self, shows: SchedulePredicate) -> None:
        self.shows = shows
        self.seeds = list(_SEEDS_WHILE_SHRINKING)
        self._known: dict[tuple[bytes, int], bool] = {}

    def holds(self, schedule: Schedule) -> bool:
        """Tell whether the schedule shows under all of `seeds` but `ODD_TIMINGS_MAX`."""
        refuted = 0
        for place, seed in enumerate(self.seeds):
            if not self.shows_at(schedule, seed):
                refuted += 1
                if refuted > ODD_TIMINGS_MAX:
                    self.seeds.insert(0, self.seeds.pop(place))
                    return False
        return True

    def shows_and_holds(self, schedule: Schedule) -> bool:
        """Tell whether the schedule shows as it is, which is cheap to find out and mostly false, and also holds."""
        return self.shows(schedule) and self.holds(schedule)

    def count(self, schedule: Schedule, *, more_than: int = -1) -> int:
        """Count the `seeds` under which the schedule shows.

        Once the count can no longer exceed `more_than`, the rest is not tried and the number so far is returned.
        """
        shown = 0
        for left, seed in zip(range(len(self.seeds), 0, -1), self.seeds, strict=True):
            if shown + left <= more_than:
                break
            shown += self.shows_at(schedule, seed)
        return shown

    @property
    def enough(self) -> int:
        """The count from which on a schedule holds."""
        return len(self.seeds) - ODD_TIMINGS_MAX

    def refuting_seeds(self, schedule: Schedule) -> list[int]:
        """Return those of `SEEDS` under which the schedule does not show; only the first few if it cannot hold."""
        found: list[int] = []
        for seed in SEEDS:
            if not self.shows_at(schedule, seed):
                found.append(seed)
                if len(found) > _REFUTING_SEEDS_MAX:
                    break
        return found

    def add(self, seeds: Sequence[int]) -> None:
        """Try these seeds too, before the others."""
        self.seeds = [*seeds, *(seed for seed in self.seeds if seed not in seeds)]

    def shows_at(self, schedule: Schedule, seed: int) -> bool:
        """Tell whether the schedule shows under the timing of this seed."""
        key = (_ENCODE(schedule.steps), seed)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self.shows(msgspec.structs.replace(schedule, seed=seed))
        return known


def widen(
    subject: Subject, world: World, schedule: Schedule, timings: Timings, stop: Callable[[], bool]
) -> Schedule | None:
    """Change the schedule in at most three places so that it holds under `timings`; return None if that fails.

    An anomaly that needs one message to win a race by a millisecond shows more often when the other party is held up.
    """
    best, best_shown = schedule, timings.count(schedule)
    for _ in range(_WIDEN_ROUNDS_MAX):
        before = best_shown
        refuted = msgspec.structs.replace(best, seed=timings.seeds[0])
        for steps in _wider(subject, world, refuted):
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


def _wider(subject: Subject, world: World, schedule: Schedule) -> Iterator[Steps]:
    """Yield the steps changed in one place each.

    First with the message faults in front, then with one fault or wait longer, then with one more fault in front,
    then with one more wait.
    """
    steps = schedule.steps
    armed = [step for step in steps if isinstance(step, Inject) and isinstance(step.fault, MessageFault)]
    yield (*armed, *(step for step in steps if step not in armed))
    for place, step in enumerate(steps):
        yield from ((*steps[:place], longer, *steps[place + 1 :]) for longer in _longer(step))
    yield from ((Inject(fault), *steps) for fault in _delaying_faults(subject, world, schedule))
    for place in range(1, len(steps) + 1):
        yield from ((*steps[:place], Wait(ms), *steps[place:]) for ms in _WAITS_MS)


def _longer(step: Step) -> Iterator[Step]:
    plain = msgspec.to_builtins(step)
    holder = plain["fault"] if isinstance(step, Inject) else plain
    for name in _DURATIONS:
        if isinstance(holder.get(name), int):
            for ms in (one for one in _LONGER_MS if one > holder[name]):
                changed = {**holder, name: ms}
                whole = {**plain, "fault": changed} if isinstance(step, Inject) else changed
                yield msgspec.convert(whole, Step)


def _delaying_faults(subject: Subject, world: World, schedule: Schedule) -> Iterator[Fault]:
    """Yield crashes, pauses, late messages and lost messages.

    Messages are those of a run with the seed of `schedule`, under which it does not show: that run is to be changed.
    """
    system = subject.target
    assert isinstance(system, System)
    yield from (Crash(service=role, down_ms=1_000) for role in dict.fromkeys(p.role for p in system.parts))
    yield from (Pause(service=part.name, for_ms=ms) for part in system.parts for ms in _PAUSES_MS)
    late_ms = system.io_timeout_ms * 3 // 4  # its sender is still waiting for it then
    boundaries = [str(boundary) for boundary in dict.fromkeys(crossed(world, subject, schedule))]
    yield from (Hold(at=at, leg="request", for_ms=late_ms) for at in boundaries)
    yield from (Drop(at=at, leg="request") for at in boundaries)
