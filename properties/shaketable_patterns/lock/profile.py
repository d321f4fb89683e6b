"""The knobs where good locks differ, declared before judging, and the document's own setting of them."""

from __future__ import annotations

from typing import Literal

import msgspec

from shaketable.descriptions.choices import with_choices
from shaketable.errors import UsageError
from shaketable.profile import Profile

TOLERANCE_MS = 1
"""At the very instant at which a lease ends either answer is right."""


class Knobs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A lock's profile, typed. Every field without a default must be declared."""

    lease_ms: int  # lockAtMostFor: after it the lock is free, whatever became of its holder
    fencing: Literal["checked", "none"]  # whether the resource refuses the token of an earlier holder
    clock: Literal["store", "node"]  # whose time decides that a lease is over
    at_least_ms: int = 0  # lockAtLeastFor: a release does not free the lock earlier
    grace_ms: int = 0  # the store may notice the end of a lease, or a release, so much later
    extend: Literal["no", "from_now", "adds"] = "no"  # a full lease from now on, or added to what is left
    revives: bool = False  # a lease that is over may be extended as long as no other holder came
    reentrant: Literal["no", "keeps", "renews"] = (
        "no"  # its holder gets it again, and releases it as often; the lease is kept, or full
    )
    renewal: bool = False  # it extends its lease by itself for as long as its holder lives
    tells: bool = False  # `holds` answers, so a holder can ask whether it still is the owner
    store_observable: bool = False  # `store` shows the owner and the end of its lease


def knobs_of(profile: Profile) -> Knobs:
    """Return the knobs of a profile. UsageError names the one that is missing, unknown or of the wrong kind."""
    try:
        knobs = msgspec.convert(profile.knobs, Knobs)
    except msgspec.ValidationError as error:
        raise UsageError(
            f"profile {profile.name!r} does not describe a lock: {with_choices(str(error), Knobs)}"
        ) from None
    least_ms = 4 * TOLERANCE_MS
    if knobs.lease_ms < least_ms or not 0 <= knobs.at_least_ms <= knobs.lease_ms or knobs.grace_ms < 0:
        raise UsageError(
            f"profile {profile.name!r} does not describe a lock: lease_ms must be at least {least_ms}, at_least_ms between 0 and "
            "lease_ms, grace_ms at least 0"
        )
    if knobs.revives and knobs.extend == "no":
        raise UsageError(
            f"profile {profile.name!r} does not describe a lock: revives says which leases are extended, and extend is 'no'"
        )
    return knobs


class DeclaredKnobs:
    """What a profile declares, as rules ask for it: the name of a knob that must not be off."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs

    def plays(self, need: str) -> bool:
        return getattr(self._knobs, need) not in (False, 0, "no")
