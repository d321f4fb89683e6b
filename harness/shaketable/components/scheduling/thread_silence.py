"""Tells how long a thread has been silent of its own will: it computed, or it slept in something that does not end.

    silence = ThreadSilence(native_id)
    ...                       # the driver waits for a second, and the thread does not come back
    silence.add(1.0)
    silence.lasted_s          # the part of it that the thread can be blamed for
    silence.words             # "slept 14.8 s, computed 0.0 s, waited 0.2 s for a processor"

A machine that stands still for a while, or has no processor to give, is no fault of the thread. Where the kernel tells
nothing of threads, all of it counts.
"""

from __future__ import annotations

from pathlib import Path

_ASLEEP = "S"
_UNKNOWN = ""


class ThreadSilence:
    """Adds up the time in which a thread did not come back, less that in which it could not run."""

    def __init__(self, native_id: int) -> None:
        self._folder = Path(f"/proc/self/task/{native_id}")
        self._times_s = self._read_times_s()
        self._slept_s = self._computed_s = self._starved_s = 0.0
        self.lasted_s = 0.0

    def add(self, waited_s: float) -> None:
        """Count a wait of `waited_s` real seconds as it was meant, not as long as a stalled machine made it."""
        before, self._times_s = self._times_s, self._read_times_s()
        computed_s, starved_s = (now - then for now, then in zip(self._times_s, before, strict=True))
        state = self._read_state()
        slept_s = max(0.0, waited_s - computed_s - starved_s) if state == _ASLEEP else 0.0
        self._slept_s += slept_s
        self._computed_s += computed_s
        self._starved_s += starved_s
        self.lasted_s += waited_s if state == _UNKNOWN else min(waited_s, slept_s + computed_s)

    @property
    def words(self) -> str:
        """Say what the thread did meanwhile, in real seconds."""
        return (
            f"slept {self._slept_s:.1f} s, computed {self._computed_s:.1f} s, "
            f"waited {self._starved_s:.1f} s for a processor"
        )

    def _read_times_s(self) -> tuple[float, float]:
        """Return for how many seconds it has computed, and waited for a processor, so far."""
        try:
            computed, starved, *_ = (self._folder / "schedstat").read_text().split()
            return int(computed) / 1e9, int(starved) / 1e9
        except (OSError, ValueError):
            return 0.0, 0.0

    def _read_state(self) -> str:
        """Return the kernel's letter for what it does now; "" where the kernel does not tell."""
        try:
            return (self._folder / "stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return _UNKNOWN
