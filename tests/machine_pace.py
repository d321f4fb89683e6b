"""The pace of the machine right now, for tests that hold a time against it rather than against an idle machine."""

from __future__ import annotations

import time

COMPUTED_S = 0.3
IDLE = 1.1
MARGIN = 2.0
"""A busy machine is slow by fits, and several processes have to run one after the other."""


def slowness() -> float:
    """Return how many seconds pass for a second of computing: 1 when the machine has nothing else to do."""
    began_s, computed_s = time.monotonic(), time.process_time()
    while time.process_time() - computed_s < COMPUTED_S:
        pass
    return (time.monotonic() - began_s) / COMPUTED_S


def allowed_s(idle_s: float) -> float:
    """Return the time in which what takes `idle_s` on an idle machine, at the most, has to be done on this one now."""
    slow = slowness()
    return idle_s if slow < IDLE else idle_s * slow * MARGIN
