"""Where each step of a schedule stands in the history it made.

A history does not repeat its schedule, so the places are found again: a step that leaves an event of its own
(an invocation, a fault, a heal) stands there; any other stands after what was over at that instant.
"""

from __future__ import annotations

from typing import NamedTuple, assert_never

from shaketable.fault import name_of
from shaketable.history import Event, History, Json
from shaketable.schedule import Do, Heal, Inject, Step, Wait


class Spot(NamedTuple):
    """A step comes before event `before`; `event` is the one it stands for, or -1."""

    before: int
    time_ms: int
    event: int


def place(steps: tuple[Step, ...], history: History) -> list[Spot]:
    """One spot a step, in order; a step whose trace is not found stands where time says."""
    events = history.events
    ends = _end_of_safety(events)
    now_ms = events[0].time_ms if events else 0
    position = 0
    own = _own_events(steps, events, ends)
    spots: list[Spot] = []
    for n, step in enumerate(steps):
        if own[n] >= 0:
            position = own[n]
            now_ms = max(now_ms, events[position].time_ms)
            spots.append(Spot(position, now_ms, position))
            position += 1
            continue
        following = next((o for o in own[n:] if o >= 0), ends)
        position = _after_instant(events, position, now_ms, min(following, ends))
        spots.append(Spot(position, now_ms, -1))
        if isinstance(step, Wait):
            now_ms += step.ms
    return spots


def _end_of_safety(events: list[Event]) -> int:
    return next((e.index for e in events if e.kind == "phase" and e.name == "heal"), len(events))


def _own_events(steps: tuple[Step, ...], events: list[Event], ends: int) -> list[int]:
    own: list[int] = []
    position = 0
    for step in steps:
        found = next((i for i in range(position, ends) if _stands_for(step, events[i])), -1)
        own.append(found)
        position = found + 1 if found >= 0 else position
    return own


def _stands_for(step: Step, event: Event) -> bool:
    match step:
        case Wait():
            return False
        case Heal():
            return event.kind == "heal"
        case Inject(fault=fault):
            return event.kind == "fault" and event.name == name_of(fault)
        case Do(f="finish", value={"call": call}):
            return (
                event.name == "returned" and isinstance(event.value, dict) and event.value.get("call") == call
            )
        case Do(f="cancel", value={"call": call}):
            ended = event.kind == "info" and event.process == f"call-{call}"
            return ended or _left_cancelled(event, call)
        case Do(f="start"):
            return event.kind == "invoke" and event.value == step.value
        case Do():
            return event.kind == "invoke" and event.name == step.f and event.value == step.value
        case _:
            assert_never(step)


def _left_cancelled(event: Event, call: Json) -> bool:
    """The first sign of a cancelled call, if it was in the protected function."""
    value = event.value
    return event.name == "returned" and isinstance(value, dict) and value.get("call") == call


def _after_instant(events: list[Event], position: int, now_ms: int, limit: int) -> int:
    """The first event from `position` that is later than `now_ms`, at most `limit`."""
    while position < limit and events[position].time_ms <= now_ms:
        position += 1
    return position
