"""The clock of a real run: schedule milliseconds, which are real ones times a scale."""

from __future__ import annotations

import time

_READINGS = 8


class RunClock:
    """Starts at 0. `scale` schedule milliseconds pass in one real millisecond."""

    def __init__(self, scale: float) -> None:
        self.scale = scale
        self._is_held = False
        self._monotonic_ns, self._epoch_ns = _same_moment()

    def hold(self) -> None:
        """Stay at 0 until `begin_again`: what happens meanwhile is before the run."""
        self._is_held = True

    def begin_again(self) -> None:
        """Start at 0 now."""
        self._is_held = False
        self._monotonic_ns, self._epoch_ns = _same_moment()

    def elapsed_ms(self) -> int:
        """Return the schedule milliseconds since the run began."""
        if self._is_held:
            return 0
        return int((time.monotonic_ns() - self._monotonic_ns) * self.scale // 1_000_000)

    def from_epoch_us(self, epoch_us: int) -> int:
        """Return the schedule time of a wall-clock stamp, in microseconds, that a process of this machine wrote."""
        return int((epoch_us * 1000 - self._epoch_ns) * self.scale // 1_000_000)

    def real_s(self, schedule_ms: float) -> float:
        """Return the real seconds that `schedule_ms` take."""
        return schedule_ms / self.scale / 1000


def _same_moment() -> tuple[int, int]:
    """Read the monotonic clock and the wall clock at one moment, as nearly as can be: of several readings the quickest.

    A thread that loses the processor between the two shifts all that servers stamp against all that the tap saw, and a
    mark seems to be committed before the record that it follows.
    """
    readings = []
    for _ in range(_READINGS):
        before_ns = time.monotonic_ns()
        epoch_ns = time.time_ns()
        took_ns = time.monotonic_ns() - before_ns
        readings.append((took_ns, before_ns + took_ns // 2, epoch_ns))
    _, monotonic_ns, epoch_ns = min(readings)
    return monotonic_ns, epoch_ns
