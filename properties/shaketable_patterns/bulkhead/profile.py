"""The knobs where good bulkheads differ, declared before judging, and the document's own setting of them."""

from __future__ import annotations

import msgspec

from shaketable.descriptions.choices import with_choices
from shaketable.errors import UsageError
from shaketable.profile import Profile

TOLERANCE_MS = 1
"""At the very instant at which a wait ends either answer is right."""

FOR_EVER = -1
"""max_wait_ms of a bulkhead that lets a call wait until it has a permit."""
NO_LIMIT = -1
"""max_queued of a bulkhead in which any number of calls may wait."""


class Knobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A bulkhead's profile, typed. Every field without a default must be declared."""

    permits: int  # calls that run at once
    max_wait_ms: int  # how long a call waits for a permit; 0: it is rejected at once; -1: as long as it takes
    max_queued: int = -1  # calls that wait at most, another one is rejected at once; -1: no limit
    counts_observable: bool = False  # calibration asks to see them


def knobs_of(profile: Profile) -> Knobs:
    """Return the knobs of a profile. UsageError names the one that is missing, unknown or of the wrong kind."""
    try:
        knobs = msgspec.convert(profile.knobs, Knobs)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"profile {profile.name!r} does not describe a bulkhead: {with_choices(str(error), Knobs)}"
        ) from None
    if knobs.permits < 1 or knobs.max_wait_ms < FOR_EVER or knobs.max_queued < NO_LIMIT:
        raise UsageError(
            f"profile {profile.name!r} does not describe a bulkhead: permits must be at least 1, max_wait_ms and max_queued at least -1"
        )
    return knobs


DOCUMENT = Profile(
    "a pool of 3, as in the document", {"permits": 3, "max_wait_ms": 0, "counts_observable": True}
)
"""The document gives the sizes of its pools, 10, 5 and 3; Resilience4j's default is to reject at once."""

WAITING = Profile(
    "a pool of 3 that waits half a second", {"permits": 3, "max_wait_ms": 500, "counts_observable": True}
)
