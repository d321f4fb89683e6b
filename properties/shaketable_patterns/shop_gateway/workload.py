"""The schedules that cross the boundaries of the shop's gateway: one in which nothing fails, and one with faults."""

from __future__ import annotations

from shaketable.fault import Crash
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.shop_gateway.values import PLAIN_PATHS, listed, send

_GAP = Wait(400)


def workload(subject: Subject) -> Schedule:
    """Return requests to every route by both methods, and an instance that is taken off the list and put on it again."""
    steps: list[Step] = []
    for number, path in enumerate(PLAIN_PATHS * 2, 1):
        steps += [send(number, path, "POST" if number % 2 else "GET"), _GAP]
    off, on = (listed("orders-1", is_listed=is_listed) for is_listed in (False, True))
    steps += [off, _GAP, send(11, "/orders", "POST"), _GAP, on, _GAP]
    return Schedule(subject.name, tuple(steps))


def troubled(subject: Subject) -> Schedule:
    """Return an instance that is lost while it is asked for."""
    asked: list[Do] = [send(number, "/stock", "GET") for number in range(1, 5)]
    steps: list[Step] = [Inject(Crash(service="stock-1", down_ms=7_000))]
    steps += [step for one in asked for step in (one, _GAP)]
    return Schedule(subject.name, (*steps, Wait(8_000)))
