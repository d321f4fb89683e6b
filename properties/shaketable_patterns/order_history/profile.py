"""The knobs of the order history."""

from __future__ import annotations

from shaketable.profile import Knob, Profile
from shaketable_targets.order_history.shop import DAY_MS
from shaketable_targets.order_system.config import Config

CONFIG = Config()
IO_TIMEOUT_MS = 4_000
STALENESS_MS = 30_000
"""Longer than a poll of the relay, a time-out and every pause between two attempts."""


def profile(name: str, **knobs: Knob) -> Profile:
    """Return the profile of a variant: the configuration's figures, and the choices that the specification names.

    `staleness_ms`: how far answers out of the view may lag once all is healed. `window_grain_ms`: how near to the beginning of the
    last 7 days an order may be taken either way: a day, where whole days are counted. `poison_policy`: park if an event that nothing
    can read is kept with its cause and passed, stop if the view stands in front of it, skip if it is passed without a trace.
    """
    declared: dict[str, Knob] = {
        "poll_interval_ms": CONFIG.poll_interval_ms,
        "provider_timeout_ms": CONFIG.provider_timeout_ms,
        "retry_backoff_ms": CONFIG.retry_backoff_ms,
        "retry_backoff_ms_max": CONFIG.retry_backoff_ms_max,
        "attempts_max": CONFIG.attempts_max,
        "io_timeout_ms": IO_TIMEOUT_MS,
        "staleness_ms": STALENESS_MS,
        "window_grain_ms": DAY_MS,
        "poison_policy": "park",
    }
    return Profile(name, declared | knobs)


HARDENED = profile("order-history")
AS_LISTED = profile("order-history-as-listed", poison_policy="skip")
