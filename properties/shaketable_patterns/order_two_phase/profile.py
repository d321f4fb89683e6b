"""The knobs of the orders by two-phase commit."""

from __future__ import annotations

from shaketable.profile import Knob, Profile
from shaketable_targets.order_system.config import Config

CONFIG = Config()
IO_TIMEOUT_MS = 4_000
RESOLVE_MS = 3 * CONFIG.poll_interval_ms
"""A poll of a participant or of the coordinator, with a request that is not answered and the next poll."""
LOCK_MS_MAX = 1_500
"""Both phases take far less when nothing is wrong."""


def profile(name: str, **knobs: Knob) -> Profile:
    """Return the profile of a variant: the configuration's figures, and what it says of locks.

    `lock_ms_max`: a participant holds the locks of one transaction no longer. `in_doubt`: blocks if it holds them for as long as it is not
    told, whatever became of its coordinator (then TP-2 is a LIMIT); bounded if it does not. `resolve_ms`: so soon after all is healed
    what is in doubt is resolved.
    """
    declared: dict[str, Knob] = {
        "poll_interval_ms": CONFIG.poll_interval_ms,
        "provider_timeout_ms": CONFIG.provider_timeout_ms,
        "retry_backoff_ms_max": CONFIG.retry_backoff_ms_max,
        "attempts_max": CONFIG.attempts_max,
        "io_timeout_ms": IO_TIMEOUT_MS,
        "lock_ms_max": LOCK_MS_MAX,
        "in_doubt": "blocks",
        "resolve_ms": RESOLVE_MS,
    }
    return Profile(name, declared | knobs)


HARDENED = profile("order-two-phase")
