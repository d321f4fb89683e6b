"""The window of outcomes of which a breaker takes its rate."""

from __future__ import annotations

from shaketable.profile import Profile


def spare_of(profile: Profile) -> int:
    """Return how many of a full window may be successes where a breaker opens."""
    size, percent = profile.int("window_size"), profile.int("failure_rate_percent")
    return size - -(-size * percent // 100)
