"""Schedules from files a user names: any path may be given, also a device or a pipe, and any content."""

from __future__ import annotations

from pathlib import Path

from shaketable.errors import FileFormatError
from shaketable.report.data_file import read_limited
from shaketable.report.printable import duration
from shaketable.schedule import Inject, Schedule, Step, Wait, loads

SPAN_MAX_MS = 24 * 60 * 60 * 1_000
_SIZE_MAX_BYTES = 16 * 1024 * 1024


def schedule_from(path: Path) -> Schedule:
    """The schedule in `path`; FileFormatError when it cannot be used.

    Only regular files are opened. What would keep a world busy for more than a day of its time is refused.
    """
    schedule = loads(read_limited(path, _SIZE_MAX_BYTES, "a schedule"), str(path))
    span_ms = sum(map(_span_ms, schedule.steps))
    if span_ms > SPAN_MAX_MS:
        raise FileFormatError(
            f"{path} spans {duration(span_ms)}; a schedule spans at most {duration(SPAN_MAX_MS)}"
        )
    return schedule


def _span_ms(step: Step) -> int:
    if isinstance(step, Wait):
        return step.ms
    if not isinstance(step, Inject):
        return 0
    spans = [getattr(step.fault, name, 0) for name in ("for_ms", "down_ms", "delay_ms")]
    return max(abs(int(ms)) for ms in spans)
