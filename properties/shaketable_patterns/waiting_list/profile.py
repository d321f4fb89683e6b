"""The knobs of the waiting list."""

from __future__ import annotations

from shaketable.profile import Knob, Profile
from shaketable_targets.order_system.config import Config
from shaketable_targets.waiting_list.copies import COPY_TTL_MS

CONFIG = Config(poll_interval_ms=60_000, key_lease_ms=3_000)
"""The document heals every 60 s."""
IO_TIMEOUT_MS = 2_000
GRACE_MS = 10_000
LAG_MS = 5_000
"""A few time-outs, one behind the other."""


def profile(name: str, **knobs: Knob) -> Profile:
    """Return the profile of a variant: its intervals, and the choices in which good ones differ.

    `heal_ms`: the period of healing; `grace_ms`: how long one takes. `lag_ms`: how long after its commit a change may be missing in the queue
    while nothing is wrong. `order_grain_ms`: entries that came so near to each other may stand either way. `staleness_ms`: how old an
    answer out of a copy may be once all is healed. `fill`: guarded if what was read before a change fills in no copy; checked if it may, and
    no such copy is answered; expires if it is, until its time to live is over.
    """
    declared: dict[str, Knob] = {
        "poll_interval_ms": CONFIG.poll_interval_ms,
        "key_lease_ms": CONFIG.key_lease_ms,
        "io_timeout_ms": IO_TIMEOUT_MS,
        "heal_ms": CONFIG.poll_interval_ms,
        "grace_ms": GRACE_MS,
        "lag_ms": LAG_MS,
        "order_grain_ms": 0,
        "staleness_ms": COPY_TTL_MS + CONFIG.key_lease_ms + 2 * IO_TIMEOUT_MS,
        "fill": "guarded",
    }
    return Profile(name, declared | knobs)


HARDENED = profile("waiting-list")
AS_LISTED = profile("waiting-list-as-listed", order_grain_ms=1_000)
