"""The one thing of a killed PostgreSQL that outlives its processes and its folder: a System V segment."""

from __future__ import annotations

import contextlib
import ctypes
from pathlib import Path

_IPC_RMID = 0
_SEGMENT_LINE = 6  # of postmaster.pid: key and id of the segment


def remove(data: Path) -> None:
    """After the power went: remove the segment and the lock file that PostgreSQL in `data` left, if it did.

    Only a segment that this very server created and nobody uses any more; the lock file is removed because a
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
