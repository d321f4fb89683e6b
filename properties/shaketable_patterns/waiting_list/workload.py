"""The schedules that cross the boundaries of the waiting list: one in which nothing fails, and one with faults."""

from __future__ import annotations

from shaketable.fault import CacheLoss
from shaketable.schedule import Do, Inject, Schedule, Step, Wait
from shaketable.subject import Subject
from shaketable_patterns.waiting_list.values import PLACES, waiting

_GAP = Wait(40)


def workload(subject: Subject) -> Schedule:
    """Return four who come, one of whom changes and one cancels, while all is asked; two are called, and all is healed once."""
    comes = [waiting(number, 5 * number) for number in range(1, 5)]
    steps: list[Step] = []
    for one in comes:
        steps += [Do("join", one), _GAP, Do("look", {"waiting": one["waiting"]}), _GAP]
    first, second = ({"waiting": one["waiting"]} for one in comes[:2])
    steps += [
        Do("change", {**first, "party": 9}),
        _GAP,
        Do("look", first),
        _GAP,
        Do("position", second),
        _GAP,
    ]
    steps += [Do("cancel", second), _GAP, Do("look", second), _GAP]
    steps += [step for place in PLACES for step in (Do("queue", {"place": place}), _GAP)]
    steps += [Do("call", {"place": PLACES[0]}), _GAP, Do("call", {"place": PLACES[1]}), _GAP]
    return Schedule(subject.name, (*steps, Wait(subject.profile.int("heal_ms"))))


def troubled(subject: Subject) -> Schedule:
    """Return three who wait while Redis forgets everything; then a healing puts them back."""
    comes = [Do("join", waiting(number, 5 * number)) for number in range(1, 4)]
    steps: list[Step] = [step for one in comes for step in (one, _GAP)]
    healed_ms = subject.profile.int("heal_ms") + subject.profile.int("grace_ms") + 1_000
    steps += [Inject(CacheLoss(service="redis")), Wait(healed_ms)]
    return Schedule(subject.name, (*steps, *(Do("queue", {"place": place}) for place in PLACES), _GAP))
