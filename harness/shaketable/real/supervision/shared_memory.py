"""The System V segment of a killed PostgreSQL: all of it that outlives its processes and its folder."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

_IPC_RMID = 0
_SEGMENT_LINE = 6  # of postmaster.pid: key and id of the segment
_CLOCKS_APART_S = 2  # the kernel tells the time of a segment in whole seconds


def remove(data: Path) -> None:
    """Remove the segment and the lock file that a killed PostgreSQL left behind for its folder `data`, if it did.

    Only a segment that this very server created and no process uses any more is removed. The lock file goes because a
    process that got the old number in the meantime would keep the server from starting.
    """
    lock = data / "postmaster.pid"
    try:
        lines = lock.read_text().splitlines()
        postmaster = abs(int(lines[0]))  # initdb's own server writes its number negative
        orphans = _orphans(postmaster, _written(lines), lock.stat().st_ctime)
    except (OSError, IndexError, ValueError):
        orphans = []
    for segment in orphans:
        ctypes.CDLL(None, use_errno=True).shmctl(segment, _IPC_RMID, None)
    with contextlib.suppress(OSError):
        lock.unlink()


def _written(lines: list[str]) -> int | None:
    """Return the segment that the lock file names; None if its server was killed before it wrote it down."""
    try:
        return int(lines[_SEGMENT_LINE].split()[1])
    except (IndexError, ValueError):
        return None


def _orphans(creator: int, segment: int | None, since_s: float) -> list[int]:
    """List what `creator` made and no process uses: that segment, or, if none is known, those that are about as old as its lock."""
    names, *rows = (line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines())
    found = [dict(zip(names, row, strict=False)) for row in rows]
    return [
        int(one["shmid"])
        for one in found
        if int(one["cpid"]) == creator
        and not int(one["nattch"])
        and (
            int(one["shmid"]) == segment
            if segment is not None
            else int(one["ctime"]) >= since_s - _CLOCKS_APART_S
        )
    ]
