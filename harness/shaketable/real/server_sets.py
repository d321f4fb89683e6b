"""The number of sets of real servers that a search is spread over, unless the user says."""

from __future__ import annotations

import os
from pathlib import Path

SETS_MAX = {"processes": 4, "containers": 2}
"""A run waits most of its time, so one set leaves a machine idle; more sets than these delay each other."""
_SETS_A_CORE = {"processes": 2.0, "containers": 1.0}
_SET_MB = 400
_MEMINFO = Path("/proc/meminfo")
_CGROUP = Path("/sys/fs/cgroup")


def sets_affordable(world: str) -> int:
    """Return at most `SETS_MAX`, fewer where processors or memory are too few; at least one."""
    by_cores = round((os.cpu_count() or 1) * _SETS_A_CORE[world])
    return max(1, min(SETS_MAX[world], by_cores, _available_mb() // _SET_MB))


def _available_mb() -> int:
    """Return the memory that may still be used, of the machine and of the control group that this process is in."""
    machine = [int(line.split()[1]) // 1024 for line in _lines(_MEMINFO) if line.startswith("MemAvailable:")]
    return min([*machine, *_left_in_group()], default=_SET_MB)


def _left_in_group() -> list[int]:
    limit, used = (_lines(_CGROUP / name) for name in ("memory.max", "memory.current"))
    if not limit or not used or not limit[0].isdigit():
        return []
    return [max(0, int(limit[0]) - int(used[0])) >> 20]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text().split("\n")
    except OSError:
        return []
