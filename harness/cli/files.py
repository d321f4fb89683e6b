"""Schedules from files a user names: any path may be given, also a device or a pipe."""

from __future__ import annotations

from pathlib import Path

from harness.report.data_file import read_limited
from harness.schedule import Schedule, loads

_SIZE_MAX_BYTES = 16 * 1024 * 1024


def schedule_from(path: Path) -> Schedule:
    """The schedule in `path`; FileFormatError when it cannot be used. Only regular files are opened."""
    return loads(read_limited(path, _SIZE_MAX_BYTES, "a schedule"), str(path))
