"""The System V segment of a killed PostgreSQL: all of it that outlives its processes and its folder."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

_IPC_RMID = 0
_SEGMENT_LINE = 6  # of postmaster.pid: key and id of the segment


def remove(data: Path) -> None:
    """Remove the segment and the lock file that a killed PostgreSQL left behind for its folder `data`, if it did.

    Only a segment that this very server created and no process uses any more is removed. The lock file goes because a
    process that got the old number in the meantime would keep the server from starting.
    """
    lock = data / "postmaster.pid"
    try:
        lines = lock.read_text().splitlines()  # initdb's own server writes its number negative
        postmaster, segment = abs(int(lines[0])), int(lines[_SEGMENT_LINE].split()[1])
    except (OSError, IndexError, ValueError):
        segment = -1
    if segment >= 0 and _is_orphan(segment, postmaster):
        ctypes.CDLL(None, use_errno=True).shmctl(segment, _IPC_RMID, None)
    with contextlib.suppress(OSError):
        lock.unlink()


def _is_orphan(segment: int, creator: int) -> bool:
    try:
        names, *rows = (line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines())
    except (OSError, ValueError):
        return False
    for row in rows:
        found = dict(zip(names, row, strict=False))
        if int(found["shmid"]) == segment:
            return int(found["cpid"]) == creator and int(found["nattch"]) == 0
    return False
