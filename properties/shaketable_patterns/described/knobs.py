"""The knobs of a description: their names, and what each may say."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from shaketable.descriptions.description import Description
from shaketable.errors import UsageError
from shaketable.profile import Profile
from shaketable_patterns.black_box.checkers import CLOCKS_AGREE_TO_MS
from shaketable_patterns.described import self_healing
from shaketable_patterns.idempotency.stored_outcome import stored_statuses

_NUMBERS = frozenset(
    {
        "batch_size",
        "event_bytes_max",
        "key_lease_ms",
        "io_timeout_ms",
        "staleness_ms",
        "window_grain_ms",
        "lock_at_most_for_ms",
        "heal_ms",
        "grace_ms",
        "lag_ms",
        "order_grain_ms",
        "lock_ms_max",
        "resolve_ms",
        "converge_ms",
        "window_size",
        "failure_rate_percent",
        "wait_ms",
        "half_open_permits",
        "call_timeout_ms",
        "prompt_ms",
        "deferred_ms",
        "burst",
        "detect_ms",
        "per_s",
        "return_ms",
        CLOCKS_AGREE_TO_MS,
    }
)
"""Knobs that the patterns' rules count with."""
_CHOICES = {"in_doubt": ("blocks", "bounded")}
"""Knobs of which another word would mean the stricter one, in silence."""
_WORDS = frozenset(
    {
        "after_failing_compensation",
        "compensate_failed_step",
        "fencing",
        "fill",
        "in_progress",
        "key_retention",
        "poison_policy",
        "stored_statuses",
        "under_partition",
    }
)
_TOLD = frozenset(
    {
        "attempts_max",
        "key_scope",
        "poison_attempts_max",
        "poll_interval_ms",
        "relay",
        "retry_backoff_ms",
        "retry_backoff_ms_max",
    }
)
"""Knobs of the patterns' pages that no rule over roles reads: they tell a reader of the certificate what was judged."""
KNOBS = _NUMBERS | _CHOICES.keys() | _WORDS | _TOLD


def misdeclared(description: Description) -> Iterator[str]:
    """Yield what is wrong with the knobs of a description, in one line each."""
    for name, value in description.knobs.items():
        if name not in KNOBS:
            yield _unknown(name)
        elif name in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int)):
            yield f"{name} is {value!r}, and must be a whole number"
        elif name in _NUMBERS and int(value) < 0:
            yield f"{name} is {value!r}, and must not be below 0"
        elif name in _CHOICES and value not in _CHOICES[name]:
            yield f"{name} is {value!r}, and may be {' or '.join(_CHOICES[name])}"
    yield from self_healing.misdeclared(description.knobs)
    try:
        stored_statuses(Profile(description.name, dict(description.knobs)))
    except UsageError as error:
        yield str(error)


def _unknown(name: str) -> str:
    """Return one line that names the nearest knob, if one is near, and all of them: most likely it is one of them, misspelt."""
    names = sorted(KNOBS)
    near = difflib.get_close_matches(name, names, n=1)
    guess = f": is it {near[0]}?" if near else ";"
    return f"there is no knob {name!r}{guess} there are {', '.join(names)}"
