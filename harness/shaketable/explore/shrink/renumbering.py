"""The numbers of messages in deviations, after steps were left out: what came before them counts no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from shaketable.boundary import Boundary, Route
from shaketable.explore.shrink.ddmin import Steps
from shaketable.orders.deviation import Arrival, Deviation
from shaketable.runner import crossed
from shaketable.schedule import Schedule
from shaketable.subject import Subject
from shaketable.world import OrderedWorld, World

_ENCODE = msgspec.json.Encoder().encode

Renumber = Callable[[Schedule, Steps], Schedule | None]
"""Returns the schedule with these steps instead, fewer than it has, and with its deviations renumbered; None if no number changes."""


def keep_numbers(schedule: Schedule, steps: Steps) -> None:
    """Change no number: a `Renumber` for schedules without deviations."""
    del schedule, steps


class Renumbering:
    """Renumbers as if all that was left out had come before: by the messages that the calm order sends no more, by route."""

    def __init__(self, subject: Subject, world: World) -> None:
        self._subject = subject
        self._world = world
        self._counts: dict[bytes, Counter[Route]] = {}

    def __call__(self, schedule: Schedule, steps: Steps) -> Schedule | None:
        """See `Renumber`."""
        deviations = schedule.deviations or ()
        if not deviations or len(steps) >= len(schedule.steps) or not isinstance(self._world, OrderedWorld):
            return None
        missing = self._counted(schedule, schedule.steps) - self._counted(schedule, steps)
        renumbered = tuple(_renumbered(one, missing) for one in deviations)
        if renumbered == deviations:
            return None
        return msgspec.structs.replace(schedule, steps=steps).with_deviations(renumbered)

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
