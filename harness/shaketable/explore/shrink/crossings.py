"""The messages of the runs that shrinking compares: deviations name them by number, and wait for others of them."""

from __future__ import annotations

from collections import Counter

import msgspec

from shaketable.boundary import Boundary, Leg, Route
from shaketable.explore.shrink.ddmin import Steps
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.runner import crossed
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import World

_ENCODE = msgspec.json.Encoder().encode
_AFTER_MAX = 16
_LEGS: tuple[Leg, ...] = ("request", "reply")


class Crossings:
    """Runs schedules for the boundaries that they cross; nothing is judged."""

    def __init__(self, subject: Subject, world: World) -> None:
        self._subject = subject
        self._world = world
        self._counts: dict[bytes, Counter[Route]] = {}

    def renumbered(self, schedule: Schedule, steps: Steps) -> Schedule | None:
        """Return the schedule with these steps instead, fewer than it has, and with the numbers that its deviations then have.

        What is left out is taken to have come before them. None if no number changes.
        """
        deviations = schedule.deviations or ()
        if not deviations or len(steps) >= len(schedule.steps):
            return None
        missing = self._counted(schedule, schedule.steps) - self._counted(schedule, steps)
        renumbered = tuple(_renumbered(one, missing) for one in deviations)
        if renumbered == deviations:
            return None
        return msgspec.structs.replace(schedule, steps=steps).with_deviations(renumbered)

    def after(self, schedule: Schedule, at: str) -> list[Arrival]:
        """Return the arrivals of the next messages that are sent after the one at the boundary `at`, in order."""
        boundaries = [str(boundary) for boundary in crossed(self._world, self._subject, schedule)]
        if at not in boundaries:
            return []
        first = boundaries.index(at) + 1
        later = boundaries[first : first + _AFTER_MAX]
        return [Arrival(one, leg) for one in later for leg in _LEGS]

    def _counted(self, schedule: Schedule, steps: Steps) -> Counter[Route]:
        """Count the messages of a run of these steps in the calm order."""
        key = _ENCODE(steps)
        counts = self._counts.get(key)
        if counts is None:
            calm = msgspec.structs.replace(schedule, steps=steps).with_deviations(())
            counts = Counter(boundary.route for boundary in crossed(self._world, self._subject, calm))
            self._counts[key] = counts
        return counts


def _renumbered(deviation: Deviation, missing: Counter[Route]) -> Deviation:
    until = deviation.until
    return msgspec.structs.replace(
        deviation,
        at=_less(deviation.at, missing),
        until=None if until is None else Arrival(_less(until.at, missing), until.leg),
    )


def _less(at: str, missing: Counter[Route]) -> str:
    route, n = Boundary.parse(at)
    return str(Boundary(route, max(1, n - missing[route])))
