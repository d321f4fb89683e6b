"""The states of a breaker, and what is remembered of its eras and of its calls in flight."""

from __future__ import annotations

from typing import Literal

import msgspec

StateName = Literal["closed", "open", "half_open"]
CLOSED: StateName = "closed"
OPEN: StateName = "open"
HALF_OPEN: StateName = "half_open"

NEVER, MAY, MUST = 0, 1, 2
"""The answers to: is a call that starts now admitted? MAY: either answer is accepted."""

TOLERANCE_MS = 1
"""At the very instant of a limit either answer is accepted."""
LATEST_MS = 1 << 60


class Era(msgspec.Struct, frozen=True, gc=False):
    """A finished era: what was recorded in it (`.` success, `s` slow success, `x` failure), what followed, and by which event."""

    state: StateName
    outcomes: str
    next_state: StateName
    at: int


class Admitted(msgspec.Struct, frozen=True, gc=False):
    """A call in flight: the era and state that admitted it."""

    era: int
    state: StateName
    time_ms: int
