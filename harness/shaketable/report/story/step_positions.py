"""The position of each step of a schedule in the history that it produced.

A history does not repeat its schedule, so positions are reconstructed: a step with an event of its own (an
invocation, a fault, a heal) stands there; any other step stands after the events of its instant.
"""

from __future__ import annotations

from typing import NamedTuple, assert_never

from shaketable.fault import name_of
from shaketable.faults.points import point_fault_name
from shaketable.history import Event, History, Json
from shaketable.schedule import AtPoint, Do, Heal, Inject, Step, Wait


class StepPosition(NamedTuple):
    """A step comes before event `before`. `event` is the index of the step's own event, or -1."""

    before: int
    time_ms: int
    event: int


def step_positions(steps: tuple[Step, ...], history: History) -> list[StepPosition]:
    """Return one position a step, in order; a step without an event of its own is placed by its time."""
    events = history.events
    end = _end_of_safety(events)
    now_ms = events[0].time_ms if events else 0
    index = 0
    own = _own_events(steps, events, end)
    positions: list[StepPosition] = []
    for n, step in enumerate(steps):
        if own[n] >= 0:
            index = own[n]
            now_ms = max(now_ms, events[index].time_ms)
            positions.append(StepPosition(index, now_ms, index))
            index += 1
            continue
        following = next((o for o in own[n:] if o >= 0), end)
        index = _after_instant(events, index, now_ms, min(following, end))
        positions.append(StepPosition(index, now_ms, -1))
        if isinstance(step, Wait):
            now_ms += step.ms
    return positions


def _end_of_safety(events: list[Event]) -> int:
    return next((e.index for e in events if e.kind == "phase" and e.name == "heal"), len(events))


def _own_events(steps: tuple[Step, ...], events: list[Event], end: int) -> list[int]:
    """Return the index of each step's own event, or -1; no event belongs to two steps."""
    own: list[int] = []
    index = 0
    for step in steps:
        found = next((i for i in range(index, end) if _belongs_to(step, events[i])), -1)
        own.append(found)
        index = found + 1 if found >= 0 else index
    return own


def _belongs_to(step: Step, event: Event) -> bool:
    match step:
        case Wait():
            return False
        case Heal():
            return event.kind == "heal"
        case Inject(fault=fault):
            return event.kind == "fault" and event.name == name_of(fault)
        case AtPoint(point=point, fault=at_point):
            return event.kind == "fault" and (event.process, event.name) == (
                point,
                point_fault_name(at_point),
            )
        case Do(f="finish", value={"call": call}):
            return _call_returned(event, call)
        case Do(f="cancel", value={"call": call}):
            # A call that is cancelled in the protected function returns from that first.
            ended = event.kind == "info" and event.process == f"call-{call}"
            return ended or _call_returned(event, call)
        case Do(f="start", value={"call": call}):
            return event.kind == "invoke" and event.process == f"call-{call}"
        case Do():
            return event.kind == "invoke" and event.name == step.f and event.value == step.value
        case _:
            assert_never(step)


def _call_returned(event: Event, call: Json) -> bool:
    value = event.value
    return event.name == "returned" and isinstance(value, dict) and value.get("call") == call


def _after_instant(events: list[Event], index: int, now_ms: int, limit: int) -> int:
    """Return the first index from `index` whose event is later than `now_ms`, at most `limit`."""
    while index < limit and events[index].time_ms <= now_ms:
        index += 1
    return index
