"""A schedule from a file that a user names: untrusted input, read within limits of size and of time."""

from __future__ import annotations

from pathlib import Path

from shaketable.errors import FileFormatError
from shaketable.report.data_file import read_limited
from shaketable.report.printable import duration
from shaketable.schedule import AtPoint, Inject, Schedule, Step, Wait, loads

_SPAN_MAX_MS = 24 * 60 * 60 * 1_000
_SIZE_MAX_BYTES = 16 * 1024 * 1024


def load(path: Path) -> Schedule:
    """Read a schedule from `path`. Raises FileFormatError when the file is unreadable or invalid.

    Only regular files are opened. A schedule whose waits and faults span more than a day of the world's time is refused.
    """
    schedule = loads(read_limited(path, _SIZE_MAX_BYTES, "a schedule"), str(path))
    span_ms = sum(map(_span_ms, schedule.steps))
    if span_ms > _SPAN_MAX_MS:
        raise FileFormatError(
            f"{path} spans {duration(span_ms)}; a schedule spans at most {duration(_SPAN_MAX_MS)}"
        )
    return schedule


def _span_ms(step: Step) -> int:
    if isinstance(step, Wait):
        return step.ms
    if not isinstance(step, Inject | AtPoint):
        return 0
    spans = [getattr(step.fault, name, 0) for name in ("for_ms", "down_ms", "delay_ms", "timeout_ms")]
    return max(abs(int(ms)) for ms in spans)
