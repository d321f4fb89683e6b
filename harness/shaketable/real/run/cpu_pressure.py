"""Reads from the kernel for what part of the time some process was ready and had no processor (PSI, Linux 4.20 and newer).

    pressure = CpuPressure()
    ...
    pressure.so_far()        # 0.0 to 1.0 since it was made or begun again; 0.0 where the kernel does not tell
    pressure.begin_again()

Of the whole machine, and of this process's own group, which a container or a CI runner limits.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

FILES = (Path("/proc/pressure/cpu"), Path("/sys/fs/cgroup/cpu.pressure"))


class CpuPressure:
    """Two readings of one counter make a share; what waits longest counts."""

    def __init__(self, files: Sequence[Path] = FILES) -> None:
        self._files = files
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what was; the next share is of the time from now on."""
        self._at_s, self._totals_s = time.monotonic(), self._read_s()

    def so_far(self) -> float:
        """Return the part of the time since it was made or begun again."""
        waited_s = max(
            (new - old for new, old in zip(self._read_s(), self._totals_s, strict=True)), default=0.0
        )
        return min(1.0, waited_s / max(time.monotonic() - self._at_s, 1e-6))

    def _read_s(self) -> list[float]:
        return [_total_s(file) for file in self._files]


def _total_s(file: Path) -> float:
    """Return the seconds in the line `some ... total=`; 0.0 where there is no such file or line."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return 0.0
    some = next((line for line in lines if line.startswith("some ")), "")
    _, _, total = some.partition("total=")
    return int(total) / 1e6 if total.isdecimal() else 0.0
