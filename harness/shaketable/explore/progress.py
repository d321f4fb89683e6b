"""How far a search is: told to whoever shows it, never stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from shaketable.explore.judge.evidence import Evidence

Stage = Literal["calibrating", "searching", "shrinking", "done"]
_TELL_EVERY_RUNS = 20


class Progress(msgspec.Struct, frozen=True):
    """How far one subject is. `found` are the anomalies so far, as `promise: anomaly`."""

    subject: str
    stage: Stage
    runs: int = 0
    found: tuple[str, ...] = ()
    sets: int = 0  # of servers, where several make the runs together


Told = Callable[[Progress], None]


def quiet(_: Progress) -> None:
    """Tell nobody."""


def at(stage: Stage, found: Evidence, sets: int = 0) -> Progress:
    """Where `found` is now."""
    names = tuple(f"{promise}: {anomaly}" for promise, anomaly in sorted(found.found))
    return Progress(found.subject.name, stage, found.runs, names, sets)


def every_few_runs(told: Told, sets: int = 0) -> Callable[[Evidence], None]:
    """Tells of every twentieth run and of every run that brought something new."""
    known = 0

    def tell(found: Evidence) -> None:
        nonlocal known
        if found.runs % _TELL_EVERY_RUNS == 1 or len(found.found) != known:
            known = len(found.found)
            told(at("searching", found, sets))

    return tell
