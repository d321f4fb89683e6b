"""The clock of a real run: schedule milliseconds, which are real ones times a scale."""

from __future__ import annotations

import time


class RunClock:
    """Starts at 0. `scale` schedule milliseconds pass in one real millisecond."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self._monotonic_ns = time.monotonic_ns()
        self._epoch_ns = time.time_ns()

    def elapsed_ms(self) -> int:
        """Return the schedule milliseconds since the run began."""
        return int((time.monotonic_ns() - self._monotonic_ns) * self.scale // 1_000_000)

    def from_epoch_us(self, epoch_us: int) -> int:
        """Return the schedule time of a wall-clock stamp, in microseconds, that a process of this machine wrote."""
        return int((epoch_us * 1000 - self._epoch_ns) * self.scale // 1_000_000)

    def real_s(self, schedule_ms: float) -> float:
        """Return the real seconds that `schedule_ms` take."""
        return schedule_ms / self.scale / 1000
