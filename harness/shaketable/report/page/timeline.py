"""The timeline of a story: a lane a process, a column a line. The page draws it."""

from __future__ import annotations

import msgspec

from shaketable.history import COMPLETIONS, Event, History
from shaketable.report.printable import printable, short
from shaketable.report.story.lines import Line
from shaketable.report.story.recovery_calls import RecoveryCalls
from shaketable.report.story.story import Story

_STEPS = "schedule"


class Mark(msgspec.Struct, frozen=True):
    """One line of the story on a lane. `number` is the step's, or 0."""

    column: int
    lane: int
    kind: str  # the line's kind
    text: str
    number: int = 0
    witness: bool = False


class Arrow(msgspec.Struct, frozen=True):
    """From the mark where something began to the mark where it ended."""

    from_column: int
    from_lane: int
    to_column: int
    to_lane: int
    kind: str  # call, record, landed


class Band(msgspec.Struct, frozen=True):
    """A stretch of one lane: a process without power, a state that was held."""

    lane: int
    from_column: int
    to_column: int
    kind: str  # down, state
    label: str = ""


class Timeline(msgspec.Struct, frozen=True):
    """All that is drawn. `times_ms` has one entry a column."""

    lanes: tuple[str, ...]
    times_ms: tuple[int, ...]
    marks: tuple[Mark, ...]
    arrows: tuple[Arrow, ...]
    bands: tuple[Band, ...]


def lay_out(story: Story, history: History) -> Timeline:
    """Return the timeline of the story's lines; it shows the same events as the lines."""
    lines = [line for line in story.lines if line.kind not in {"gap", "phase", "missed", "late"}]
    events = history.events
    lanes = _lanes(lines, events)
    lane_of = {name: n for n, name in enumerate(lanes)}
    marks: list[Mark] = []
    column_of: dict[int, int] = {}
    for column, line in enumerate(lines):
        lane = lane_of[_process(line, events)]
        marks.append(Mark(column, lane, line.kind, line.text, line.number, line.witness))
        if line.index >= 0:
            column_of[line.index] = column
    shown = [events[i] for i in sorted(column_of)]
    place = {e.index: (column_of[e.index], lane_of[_owner(e, events)]) for e in shown}
    return Timeline(
        tuple(map(RecoveryCalls(history).named, lanes)),
        tuple(line.time_ms for line in lines),
        tuple(marks),
        tuple(_arrows(shown, place)),
        tuple(_down(shown, place, len(lines)) + _states(shown, place, len(lines))),
    )


def _lanes(lines: list[Line], events: list[Event]) -> list[str]:
    """Return the processes in order of appearance, after the lane of the harness's own steps."""
    names = dict.fromkeys(_process(line, events) for line in lines)
    return sorted(names, key=lambda name: name != _STEPS)


def _process(line: Line, events: list[Event]) -> str:
    return _STEPS if line.index < 0 else _owner(events[line.index], events)


def _owner(event: Event, events: list[Event]) -> str:
    """Return the lane of an event; a fault stands with the process it first landed on, since a role has no lane."""
    process = event.process
    if event.kind == "fault":
        landed_on = (e.process for e in events[event.index :] if e.kind == "receipt" and e.ref == event.index)
        process = next(landed_on, process)
    return printable(process) or _STEPS


def _arrows(shown: list[Event], place: dict[int, tuple[int, int]]) -> list[Arrow]:
    arrows: list[Arrow] = []
    appended: dict[str, int] = {}
    for event in shown:
        start = -1
        kind = ""
        if event.kind in COMPLETIONS:
            start, kind = event.ref, "call"
        elif event.kind == "receipt":
            start, kind = event.ref, "landed"
        elif event.kind == "effect" and event.name == "append":
            appended[_record(event)] = event.index
        elif event.kind == "effect" and event.name == "deliver":
            start, kind = appended.get(_record(event), -1), "record"
        if start in place:
            arrows.append(Arrow(*place[start], *place[event.index], kind))
    return arrows


def _record(event: Event) -> str:
    value = event.value if isinstance(event.value, dict) else {}
    return repr([value.get(part) for part in ("topic", "partition", "offset")])


def _down(shown: list[Event], place: dict[int, tuple[int, int]], columns: int) -> list[Band]:
    bands: list[Band] = []
    since: dict[int, int] = {}
    for event in shown:
        column, lane = place[event.index]
        if event.kind == "crash":
            since[lane] = column
        elif event.kind == "restart" and lane in since:
            bands.append(Band(lane, since.pop(lane), column, "down"))
    return bands + [Band(lane, column, columns - 1, "down") for lane, column in since.items()]


def _states(shown: list[Event], place: dict[int, tuple[int, int]], columns: int) -> list[Band]:
    bands: list[Band] = []
    held: dict[int, tuple[int, str]] = {}
    for event in shown:
        if event.kind != "state" or event.name != "state":
            continue
        column, lane = place[event.index]
        if lane in held:
            bands.append(Band(lane, held[lane][0], column, "state", held[lane][1]))
        held[lane] = (column, short(event.value, 16))
    return bands + [Band(lane, column, columns - 1, "state", label) for lane, (column, label) in held.items()]
