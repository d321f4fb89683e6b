"""The lines of a story, and which of them are shown: few enough to be read at once, and all that explain the anomaly."""

from __future__ import annotations

import re

import msgspec

LINES_MAX = 60
_REPEATS_MAX = 3
HIDDEN = 4  # a rank beyond all that are shown
_OFFSET = re.compile(r"@\d+")


class Line(msgspec.Struct, frozen=True):
    """One line. `number` is the step's number from 1, or 0 for an event that is no step."""

    number: int
    time_ms: int
    actor: str
    text: str
    kind: str  # late, step, landed, missed, crash, restart, phase, client, effect, state, gap
    witness: bool = False
    index: int = -1  # of the event, if the line is of one


class RankedLine(msgspec.Struct):
    """A line and how little the story loses without it: 0 is always shown (see `rank_of`)."""

    rank: int
    line: Line


def without_aftermath(ranked: list[RankedLine]) -> list[RankedLine]:
    """Hide the lines after the last step and the last witness, which explain nothing; keep those of rank 0."""
    last = max((n for n, r in enumerate(ranked) if r.line.number or r.line.witness), default=len(ranked))
    while last + 1 < len(ranked) and _same_instant(ranked[last].line, ranked[last + 1].line):
        last += 1
    return ranked[: last + 1] + [RankedLine(HIDDEN if r.rank else 0, r.line) for r in ranked[last + 1 :]]


def _same_instant(line: Line, following: Line) -> bool:
    return line.time_ms == following.time_ms and following.kind != "phase"


def shown_lines(ranked: list[RankedLine]) -> tuple[Line, ...]:
    """Return all lines if they are at most LINES_MAX; else leave out the highest ranks, and say how many lines that was."""
    ranked = _without_repetition(ranked)
    for rank_max in (3, 2, 1, 0):
        if sum(1 for r in ranked if r.rank <= rank_max) <= LINES_MAX:
            break
    lines = _collapse([r.line for r in ranked if r.rank <= rank_max])
    missing = sum(1 for r in ranked if r.rank > rank_max)
    if missing:
        lines.append(Line(0, lines[-1].time_ms if lines else 0, "", _gap(missing), "gap"))
    return tuple(lines)


def _without_repetition(ranked: list[RankedLine]) -> list[RankedLine]:
    """Hide a text from its fourth time on, as of an endless retry; texts that differ only in an offset are the same."""
    times: dict[str, int] = {}
    out: list[RankedLine] = []
    for entry in ranked:
        text = _OFFSET.sub("", entry.line.text)
        if entry.rank and entry.rank < HIDDEN:
            times[text] = times.get(text, 0) + 1
            if times[text] > _REPEATS_MAX:
                entry = RankedLine(HIDDEN, entry.line)
        out.append(entry)
    return out


def _gap(count: int) -> str:
    return f"{count} more event{'s' if count > 1 else ''} in the history, of others or of no consequence here"


def _collapse(lines: list[Line]) -> list[Line]:
    """Turn consecutive equal lines into one with a count."""
    out: list[Line] = []
    count = 1
    for line in lines:
        if out and not line.number and not line.witness and _repeats(out[-1], line, count):
            count += 1
            out[-1] = msgspec.structs.replace(out[-1], text=f"{line.text}  ×{count}")
        else:
            out.append(line)
            count = 1
    return out


def _repeats(last: Line, line: Line, count: int) -> bool:
    before = last.text.removesuffix(f"  ×{count}")
    return (
        not last.number
        and not last.witness
        and last.kind != "gap"
        and (last.actor, before) == (line.actor, line.text)
    )
