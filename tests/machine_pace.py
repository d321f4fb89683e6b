"""The pace of the machine right now, for tests that hold a time against it rather than against an idle machine."""

from __future__ import annotations

import subprocess
import sys
import time

SAMPLES = 5
"""A busy machine is slow by fits: the slowest of so many counts."""


def start_of_a_process_s() -> float:
    """Return how long this machine takes now to start and end a process: 0.03 s when it has nothing else to do."""
    began_s = time.monotonic()
    subprocess.run([sys.executable, "-c", "pass"], check=True, timeout=60)
    return time.monotonic() - began_s


def allowed_s(idle_s: float) -> float:
    """Return the time in which what takes `idle_s` on an idle machine, at the most, has to be done on this one now."""
    return max(idle_s, idle_s * 30 * max(start_of_a_process_s() for _ in range(SAMPLES)))
