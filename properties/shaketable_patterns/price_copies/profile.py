"""The knobs of the copies of a price list."""

from __future__ import annotations

from shaketable.profile import Knob, Profile
from shaketable_targets.order_system.config import Config

CONFIG = Config(poll_interval_ms=3_000)
IO_TIMEOUT_MS = 4_000
CONVERGE_MS = 8_000
"""A poll, an exchange that is not answered, and one that is."""


def profile(name: str, **knobs: Knob) -> Profile:
    """Return the profile of a variant: the configuration's figures, and what it has chosen.

    `under_partition`: refuse if a copy that reaches no majority refuses (CP), primary if one copy decides whatever it reaches (CP too: EC-5 is
    not claimed), answer (AP). `readers`: home if only a reader who stays at one copy is promised anything, any
    otherwise. `converge_ms`: so soon after all is healed, or after the last write, the copies agree. `staleness_ms`: once all
    has been healed for so long, no answer lags longer.
    """
    declared: dict[str, Knob] = {
        "poll_interval_ms": CONFIG.poll_interval_ms,
        "provider_timeout_ms": CONFIG.provider_timeout_ms,
        "retry_backoff_ms_max": CONFIG.retry_backoff_ms_max,
        "attempts_max": CONFIG.attempts_max,
        "io_timeout_ms": IO_TIMEOUT_MS,
        "converge_ms": CONVERGE_MS,
        "staleness_ms": CONVERGE_MS,
    }
    return Profile(name, declared | knobs)


AVAILABLE = profile("price-copies-available", under_partition="answer", readers="home")
CONSISTENT = profile("price-copies-consistent", under_partition="refuse", readers="any")
