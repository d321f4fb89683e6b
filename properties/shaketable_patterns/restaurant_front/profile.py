"""The knobs of the front."""

from __future__ import annotations

from shaketable.profile import Knob, Profile
from shaketable_targets.order_system.config import Config
from shaketable_targets.restaurant_front.settings import BREAKER, CALL_TIMEOUT_MS

CONFIG = Config(poll_interval_ms=3_000)
IO_TIMEOUT_MS = 4_000
PROMPT_MS = 3_000
"""Less than a call may take, so that an answer that waits for one shows; much more than an answer out of memory takes."""
DEFERRED_MS = 12_000
"""A few polls and a call in vain."""


def profile(name: str, **knobs: Knob) -> Profile:
    """Return the profile of a variant: the breaker's figures, which are the document's, and the bounds of its answers.

    `call_timeout_ms`: how long one call outside may take; `prompt_ms`: how long an answer takes without it; `deferred_ms`: so soon what was
    accepted is done, while nothing is wrong with whom it needs.
    """
    declared: dict[str, Knob] = {
        "window_size": BREAKER.window_size,
        "failure_rate_percent": BREAKER.failure_rate_threshold,
        "wait_ms": BREAKER.wait_ms,
        "half_open_permits": BREAKER.half_open_permits,
        "call_timeout_ms": CALL_TIMEOUT_MS,
        "prompt_ms": PROMPT_MS,
        "deferred_ms": DEFERRED_MS,
        "poll_interval_ms": CONFIG.poll_interval_ms,
        "io_timeout_ms": IO_TIMEOUT_MS,
    }
    return Profile(name, declared | knobs)


HARDENED = profile("restaurant-front")
