"""Which lines of a story stay: few enough to be read at once, none that explains anything left out."""

from __future__ import annotations

import re

import msgspec

LINES_MAX = 60
REPEATS_MAX = 3
HIDDEN = 4  # a rank beyond all that are shown
_OFFSET = re.compile(r"@\d+")


class Line(msgspec.Struct, frozen=True):
    """One line. `number` is the step's number from 1, or 0 for what the subject did by itself."""

    number: int
    time_ms: int
    actor: str
    text: str
    kind: str  # step, landed, missed, crash, restart, phase, client, effect, state, gap
    witness: bool = False
    index: int = -1  # of the event, if it tells one


class Ranked(msgspec.Struct):
    """A line and how much the story misses without it (see `rank_of`)."""

    rank: int
    line: Line


def without_aftermath(ranked: list[Ranked]) -> list[Ranked]:
    """What happened after the last step and the last proof explains nothing: only its milestones stay."""
    last = max((n for n, r in enumerate(ranked) if r.line.number or r.line.witness), default=len(ranked))
    while last + 1 < len(ranked) and _at_once(ranked[last].line, ranked[last + 1].line):
        last += 1
    return ranked[: last + 1] + [Ranked(HIDDEN if r.rank else 0, r.line) for r in ranked[last + 1 :]]


def _at_once(line: Line, following: Line) -> bool:
    return line.time_ms == following.time_ms and following.kind != "phase"


def fit(ranked: list[Ranked]) -> tuple[Line, ...]:
    """All lines if they are few; else leave out what explains least, and say how much that was."""
    ranked = _without_repetition(ranked)
    for rank_max in (3, 2, 1, 0):
        if sum(1 for r in ranked if r.rank <= rank_max) <= LINES_MAX:
            break
    lines = _fold([r.line for r in ranked if r.rank <= rank_max])
    missing = sum(1 for r in ranked if r.rank > rank_max)
    if missing:
        lines.append(Line(0, lines[-1].time_ms if lines else 0, "", _gap(missing), "gap"))
    return tuple(lines)


def _without_repetition(ranked: list[Ranked]) -> list[Ranked]:
    """A retry that goes on for ever is shown three times; where in a topic it landed makes no difference."""
    times: dict[str, int] = {}
    out: list[Ranked] = []
    for entry in ranked:
        said = _OFFSET.sub("", entry.line.text)
        if entry.rank and entry.rank < HIDDEN:
            times[said] = times.get(said, 0) + 1
            if times[said] > REPEATS_MAX:
                entry = Ranked(HIDDEN, entry.line)
        out.append(entry)
    return out


def _gap(count: int) -> str:
    return f"{count} more event{'s' if count > 1 else ''} in the history, of others or of no consequence here"


def _fold(lines: list[Line]) -> list[Line]:
    """The same thing said again and again becomes one line with a count."""
    out: list[Line] = []
    count = 1
    for line in lines:
        if out and not line.number and not line.witness and _said(out[-1], line, count):
            count += 1
            out[-1] = msgspec.structs.replace(out[-1], text=f"{line.text}  ×{count}")
        else:
            out.append(line)
            count = 1
    return out


def _said(last: Line, line: Line, count: int) -> bool:
    before = last.text.removesuffix(f"  ×{count}")
    return (
        not last.number
        and not last.witness
        and last.kind != "gap"
        and (last.actor, before) == (line.actor, line.text)
    )
