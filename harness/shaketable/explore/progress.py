"""The progress of a search, for display; it is never stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """The state of the search for one subject. `found` are the anomalies so far, as `promise: anomaly`."""

    subject: str
    stage: Literal["calibrating", "searching", "shrinking", "done"]
    runs: int = 0
    found: tuple[str, ...] = ()
    sets: int = 0  # of servers, where several make the runs together


OnProgress = Callable[[Progress], None]


def ignore(_: Progress) -> None:
    """Do nothing: the default wherever a search reports its progress."""
