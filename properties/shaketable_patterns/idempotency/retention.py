"""The retention of keys: how long a subject declares that it remembers a finished key. After it the key is new."""

from __future__ import annotations

from shaketable.profile import Profile


def is_over(profile: Profile, done_ms: int, now_ms: int) -> bool:
    """Tell whether a key that was done at `done_ms` may be forgotten at `now_ms`; never without a declared retention."""
    retention_ms = profile.knobs.get("key_retention")
    return type(retention_ms) is int and now_ms - done_ms >= retention_ms
